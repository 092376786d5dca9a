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
  'key-shared': true,
  'account-low': true,
  outbox: true,
  'disk-low': true,
  'audit-stopped': true,
  'audit-not-anchored': true,
  'audit-not-sent': true,
  'break-glass': true,
  'readers-failing': true,
  'catalogue-thread': true,
  'study-conflict': true,
  'two-patients': true,
  quarantine: true,
  'mass-retirement': true,
  'keys-missing': true,
};
/** Every alarm that there is. */
export const ALARM_CODES = Object.keys(CODES) as AlarmCode[];

const DAY_MS = 86_400_000;

/** What other sites have announced, and this one has retired, that somebody has to look at. `hour` is in seconds since 1970. */
export interface Reviewed {
  /** Undecided. */
  quarantined: number;
  conflicts: number;
  /** Studies of this site whose instances name several patients. */
  mixedStudies: number;
  /** Announcements for which there is no key here, by site. */
  locked: readonly { siteId: number; count: number }[];
  /** Rings that this site has opened on the chain and has no keys of. */
  missingRings: number;
  retirements: readonly { siteId: number; hour: number; count: number; decision: 'held' | 'accepted' | 'refused' }[];
}

/** The alarms of that; none stops storing. Retirements of the site `siteId` itself, which runs this server, are one for a day. */
export function reviewAlarms(
  { quarantined, conflicts, mixedStudies, locked, missingRings, retirements }: Reviewed,
  { siteId, nowMs = Date.now() }: { siteId: number; nowMs?: number },
): Alarm[] {
  const held = retirements.find(({ decision }) => decision === 'held');
  const own = retirements.find((one) => one.siteId === siteId && nowMs - one.hour * 1000 < DAY_MS + 3_600_000);
  const ownLocked = siteId === 0 ? undefined : locked.find((one) => one.siteId === siteId);
  return [
    ...(ownLocked || missingRings > 0 ? [notice('keys-missing', keysSentence(ownLocked?.count, missingRings))] : []),
    ...(conflicts > 0 ? [notice('study-conflict', conflictSentence(conflicts))] : []),
    ...(mixedStudies > 0 ? [notice('two-patients', mixupSentence(mixedStudies))] : []),
    ...(quarantined > 0 ? [notice('quarantine', quarantineSentence(quarantined))] : []),
    ...(held ? [notice('mass-retirement', heldSentence(held))] : own ? [ownRetirementsAlarm(own.count)] : []),
  ];
}

/** That many images of this site were retired in an hour. */
export const ownRetirementsAlarm = (count: number): Alarm =>
  notice(
    'mass-retirement',
    `${count} images of this site were retired in an hour: see who did that, and whether it was meant.`,
  );

const notice = (code: AlarmCode, sentence: string): Alarm => ({ code, sentence, stopsStoring: false });

export const CATALOG_THREAD_ALARM = notice(
  'catalogue-thread',
  'A thread of the catalogue has ended by itself. See the log why, and report it; start the server again if the log says so.',
);

const conflictSentence = (count: number): string =>
  `Several sites have one UID, ${times(count)}: see at /quarantine whose is shown, and set SITE_ORDER if need be.`;

const mixupSentence = (count: number): string =>
  `Instances of one study name several patients, ${times(count)}: the log and the Warning of the store say which; DELETE what is in the wrong place.`;

const quarantineSentence = (count: number): string =>
  `What another site announced is in quarantine, ${times(count)}: see at /quarantine why, and release or refuse it.`;

const heldSentence = ({ siteId, count }: Reviewed['retirements'][number]): string =>
  `${count} images of site ${siteId} were retired in an hour, and are still shown here: ask that site, then accept or refuse it at /quarantine.`;

const keysSentence = (images: number | undefined, rings: number): string => {
  const where = rings === 1 ? 'a ring' : `${rings} rings`;
  const what = images === undefined ? `under ${where} cannot be read` : `cannot be read, ${times(images)}`;
  return `What this site has stored ${what}: its keys are not in DATA_DIR/keys. Stop the server, bring them back with "dicom-ledger keys restore --merge" from the last backup, and start it again; or have a site that shares them write them ("dicom-ledger letter write --of-site").`;
};

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

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
  }: {
    ledger: Pick<Ledger, 'health'>;
    log: Log;
    /** What else has alarms. */ others?: () => readonly Alarm[] | Promise<readonly Alarm[]>;
  },
  { folders, minFreeBytes, everyMs = 1_000, raisedMs = DAY_MS, freeBytes = freeBytesOf }: AlarmsOptions,
): Promise<Alarms> {
  let current: Alarm[] = [];
  let rest: readonly Alarm[] = [];
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

  /** Those of before when they cannot be told now: it hides no other alarm. */
  async function askOthers(): Promise<void> {
    try {
      rest = await others();
    } catch (error) {
      log.error({ err: error }, 'The alarms of the catalogue could not be looked at.');
    }
  }

  async function look(): Promise<void> {
    const [{ alarms }, low] = await Promise.all([ledger.health(), diskLow(), askOthers()]);
    const before = current;
    for (const [code, { until }] of raised) if (until <= Date.now()) raised.delete(code);
    // What was raised is of what has just happened, and says more.
    const found = rest.filter(({ code }) => !raised.has(code));
    current = [...alarms, ...low, ...[...raised.values()].map(({ alarm }) => alarm), ...found];
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
