import { Counter, Gauge, type Registry } from 'prom-client';

/** How many readers there are that take connections, and how many had to be started anew. */
export function readerGauges(
  registry: Registry,
  readers: { readonly count: number; onDeath(listener: () => void): void },
): void {
  const registers = [registry];
  new Gauge({
    name: 'dicom_ledger_readers',
    help: 'Readers that take connections just now.',
    registers,
    collect() {
      this.set(readers.count);
    },
  });
  const deaths = new Counter({
    name: 'dicom_ledger_reader_deaths_total',
    help: 'Readers that have died and were replaced since the start.',
    registers,
  });
  readers.onDeath(() => deaths.inc());
}
