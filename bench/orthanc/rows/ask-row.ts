import type { Ask } from '../load/plan.js';
import type { Archive, ArchiveName } from '../servers/archive.js';
import { type AnswerKind, factsOf } from './facts.js';
import { clientsText, type RowTools, type Unit, type Work } from './row.js';

export interface AskRowOptions {
  group: string;
  name: string;
  /** What is asked for in turn. */
  asks: (archive: Archive) => Omit<Ask, 'leastBytes'>[];
  kind: AnswerKind;
  clients: number;
  /** `req/s` unless given: `MB/s` counts bytes, and `ms` is a request's median. */
  unit?: Extract<Unit, 'MB/s' | 'ms'>;
  /** The number of clients belongs to the name, unless nothing else is measured with it. */
  isNamedByClients?: boolean;
  /** A second line: what another request, next to nothing, waits at most beside these. */
  withPulse?: boolean;
}

/** A row of one kind of request, again and again for some seconds. */
export function askRow({ lane, archives, seconds }: RowTools, options: AskRowOptions): Work {
  const { group, name, asks, kind, clients, unit = 'req/s', isNamedByClients = true, withPulse = false } = options;
  const checked: Partial<Record<ArchiveName, Ask[]>> = {};
  return {
    group,
    archives,
    rows: [
      { name: isNamedByClients ? `${name}, ${clientsText(clients)}` : name, unit },
      ...(withPulse ? [{ name: `${name}: longest wait of another request`, unit: 'ms' as const }] : []),
    ],
    check: async (archive) => {
      const all: string[] = [];
      checked[archive.name] = [];
      for (const one of asks(archive)) {
        const { facts, leastBytes } = await factsOf(archive, one, kind);
        all.push(facts);
        checked[archive.name]!.push({ ...one, leastBytes });
      }
      return all.join('; ');
    },
    sample: async (archive) => {
      const of = checked[archive.name];
      if (!of) throw new Error(`${name} is measured before its answers were looked at.`);
      const { stages, cpuSeconds, pulse } = await lane.run(archive, {
        steps: [[{ clients, asks: of, seconds }]],
        ...(withPulse && { pulse: archive.pulse }),
      });
      const { requests, bytes, seconds: took, latencies } = stages[0]!;
      const value = { 'req/s': requests / took, 'MB/s': bytes / took / 1e6, ms: latencies.p50 }[unit];
      return {
        values: pulse ? [value, pulse.most] : [value],
        cpuMs: (cpuSeconds / requests) * 1000,
        cores: cpuSeconds / took,
        p99Ms: latencies.p99,
      };
    },
  };
}
