import { Counter, Gauge, type Registry } from 'prom-client';
import { catalogueLag, type NetworkReport } from '../ledger/network-report.js';
/** What a report says as a number; undefined where it cannot be known just now. */
type Read = (report: NetworkReport) => number | undefined;

const NUMBERS: [name: string, help: string, read: Read][] = [
  ['chain_height', 'Number of the newest block.', ({ head }) => head && Number(head.number)],
  [
    'follower_height',
    'Number of the newest block that is in the catalogue.',
    ({ catalogue }) => catalogue.head && Number(catalogue.head.number),
  ],
  ['catalogue_lag_blocks', 'By how many blocks the catalogue is behind the chain.', catalogueLag],
  ['outbox_transactions', 'Signed transactions that are not in a block yet.', ({ outbox }) => outbox.transactions],
  ['outbox_bytes', 'Bytes of the signed transactions that are not in a block yet.', ({ outbox }) => outbox.bytes],
  [
    'window_bytes',
    'Most bytes that may be signed and not in a block, as things stand.',
    ({ outbox }) => outbox.windowBytes,
  ],
  ['sealed_depth_blocks', 'Depth at which a store counts as sealed.', ({ depths }) => depths.sealed],
  ['waiting_announcements', 'Announcements that wait to be read.', ({ review }) => review.waiting],
  [
    'locked_announcements',
    'Announcements that there is no key for here.',
    ({ review }) => review.locked.reduce((sum, { count }) => sum + count, 0),
  ],
  [
    'unverified_instances',
    'Sealed instances of other sites that are not verified yet.',
    ({ review }) => review.unverified,
  ],
  [
    'oldest_unverified_seconds',
    'How long ago the oldest of the unverified instances was sealed; 0 when there are none.',
    ({ review }) => review.oldestUnverifiedSeconds,
  ],
  ['quarantined_instances', 'Instances in quarantine that nobody has decided on.', ({ review }) => review.quarantined],
  ['uid_conflicts', 'Studies and instances whose UID several sites have.', ({ review }) => review.conflicts],
  ['held_retirements', 'Hours of a site whose retirements wait for an admin.', ({ review }) => review.heldRetirements],
  ['final_depth_blocks', 'Depth at which a store counts as final.', ({ depths }) => depths.final],
];

/** What has come together since the start. */
const TOTALS: [name: string, help: string, read: (report: NetworkReport) => number][] = [
  [
    'reverted_images',
    'Images whose transactions blocks took without effect since the start.',
    ({ reverted }) => reverted.count,
  ],
  [
    'reading_seconds',
    'Time spent on reading what other sites announce since the start.',
    ({ review }) => review.readingSeconds,
  ],
  [
    'verifying_seconds',
    'Time spent on verifying what other sites have stored since the start.',
    ({ review }) => review.verifyingSeconds,
  ],
];

/** Registers the gauges of chain, nodes, outbox and alarms; none shows a value while there is no report. */
export function networkGauges(registry: Registry, { network, alarmCodes }: MetricSources): void {
  const registers = [registry];
  let asked: Promise<NetworkReport | undefined> | undefined;
  /** One report for all gauges of a scrape, which are asked at the same time. */
  const report = (): Promise<NetworkReport | undefined> =>
    (asked ??= network()
      .catch(() => undefined)
      .finally(() => (asked = undefined)));

  for (const [name, help, read] of NUMBERS)
    new Gauge({
      name: `dicom_ledger_${name}`,
      help,
      registers,
      async collect() {
        const found = await report();
        const value = found && read(found);
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });

  const ofNodes = (name: string, help: string, read: (node: NetworkReport['nodes'][number]) => number | undefined) =>
    new Gauge({
      name: `dicom_ledger_node_${name}`,
      help,
      labelNames: ['node'],
      registers,
      async collect() {
        this.reset();
        for (const node of (await report())?.nodes ?? []) {
          const value = read(node);
          if (value !== undefined) this.set({ node: node.name }, value);
        }
      },
    });
  ofNodes('reachable', 'Whether the node answers: 1 or 0.', ({ reachable }) => Number(reachable));
  ofNodes('height', 'Number of the newest block of the node.', ({ head }) => head && Number(head.number));
  ofNodes(
    'wrong_answers',
    'How often the node gave other bytes than those of their address.',
    (node) => node.wrongAnswers,
  );

  new Gauge({
    name: 'dicom_ledger_alarm',
    help: 'Whether the alarm is raised: 1 or 0.',
    labelNames: ['code'],
    registers,
    async collect() {
      this.reset();
      const found = await report();
      if (!found) return;
      for (const code of alarmCodes) this.set({ code }, Number(found.alarms.some((alarm) => alarm.code === code)));
    },
  });

  for (const [name, help, read] of TOTALS)
    new Counter({
      name: `dicom_ledger_${name}_total`,
      help,
      registers,
      async collect() {
        const found = await report();
        this.reset();
        this.inc(found ? read(found) : 0);
      },
    });
}

/** What the gauges show, asked at each scrape. */
export interface MetricSources {
  network: () => Promise<NetworkReport>;
  /** Every code that an alarm can have: those that are not raised are 0. */
  alarmCodes: readonly string[];
}
