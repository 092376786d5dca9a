import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerError } from './base/errors.js';
import type { Alarm, AlarmCode, Ledger } from './ledger/ledger.js';
import type { Log } from './base/log.js';

/** All that needs a person just now, looked for all the time. */
export interface Alarms {
  /** As of the last look, a second or so ago. */
  readonly current: readonly Alarm[];
  /** Raises an alarm for something that has happened: it lasts for a day after the last time. */
  raise(alarm: Alarm): void;
  close(): Promise<void>;
}

export interface AlarmsOptions {
  /** Folders whose disks must not run full, by the name of their setting. */
  folders: Partial<Record<string, string>>;
  minFreeBytes: number;
  everyMs?: number;
  /** How long an alarm lasts that is raised for something that has happened; a day unless told. */
  raisedMs?: number;
  /** Free bytes of the disk that a folder lies on. */
  freeBytes?: (folder: string) => Promise<number>;
}

const CODES: Record<AlarmCode, true> = {
  'no-node': true,
  'chain-stalled': true,
  'no-peers': true,
  'large-block': true,
  'wrong-bytes': true,
  'not-taken': true,
  outbox: true,
  'disk-low': true,
  'audit-stopped': true,
  'audit-not-anchored': true,
  'audit-not-sent': true,
  'break-glass': true,
};
/** Every alarm that there is. */
export const ALARM_CODES = Object.keys(CODES) as AlarmCode[];

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/**
 * Looks at chain and disks every second; that an alarm is raised and that it is over is logged once each. Throws
 * `misconfigured` for a folder that cannot be asked for its free space at the start.
 */
export async function watchAlarms(
  {
    ledger,
    log,
    others = () => [],
  }: { ledger: Pick<Ledger, 'health'>; log: Log; /** What else has alarms. */ others?: () => readonly Alarm[] },
  { folders, minFreeBytes, everyMs = 1_000, raisedMs = 86_400_000, freeBytes = freeBytesOf }: AlarmsOptions,
): Promise<Alarms> {
  let current: Alarm[] = [];
  /** By code, with when it is over. */
  const raised = new Map<AlarmCode, { alarm: Alarm; until: number }>();
  const closing = new AbortController();
  const disks = Object.entries(folders).filter((entry): entry is [string, string] => entry[1] !== undefined);
  for (const [setting, folder] of disks)
    await freeBytes(folder).catch((cause: NodeJS.ErrnoException) => {
      const sentence = `The free space of ${setting} "${folder}" cannot be read (${cause.code}): correct the setting.`;
      throw new LedgerError('misconfigured', sentence, { cause });
    });

  /** Why a disk is no place for more. */
  async function diskFault([setting, folder]: [string, string]): Promise<string | undefined> {
    try {
      const free = await freeBytes(folder);
      return free >= minFreeBytes ? undefined : `${free} bytes are free on the disk of ${setting}`;
    } catch (error) {
      return `The free space of ${setting} cannot be read (${(error as NodeJS.ErrnoException).code})`;
    }
  }

  async function diskLow(): Promise<Alarm[]> {
    const faults = (await Promise.all(disks.map(diskFault))).filter((fault) => fault !== undefined);
    if (faults.length === 0) return [];
    const sentence = `${faults.join('; ')}: make room, since below MIN_FREE_BYTES (${minFreeBytes}) nothing is stored.`;
    return [{ code: 'disk-low', sentence, stopsStoring: true }];
  }

  async function look(): Promise<void> {
    const [{ alarms }, low] = await Promise.all([ledger.health(), diskLow()]);
    const before = current;
    for (const [code, { until }] of raised) if (until <= Date.now()) raised.delete(code);
    current = [...alarms, ...low, ...[...raised.values()].map(({ alarm }) => alarm), ...others()];
    for (const { code, sentence, stopsStoring } of current)
      if (!before.some((alarm) => alarm.code === code)) log.warn({ alarm: code, stopsStoring }, sentence);
    for (const { code } of before)
      if (!current.some((alarm) => alarm.code === code)) log.info({ alarm: code }, 'The alarm is over.');
  }

  async function lookOn(): Promise<void> {
    while (!closing.signal.aborted) {
      await sleep(everyMs, undefined, { signal: closing.signal }).catch(() => undefined);
      if (!closing.signal.aborted)
        await look().catch((error: unknown) => log.error({ err: error }, 'The health could not be looked at.'));
    }
  }

  await look();
  const looking = lookOn();
  return {
    get current() {
      return current;
    },
    raise: (alarm) => {
      raised.set(alarm.code, { alarm, until: Date.now() + raisedMs });
    },
    close: async () => {
      closing.abort();
      await looking;
    },
  };
}
