import type { MassRetirement, QuarantinedImage } from '../../../src/catalog/catalog.js';
import type { Conflict } from '../../../src/catalog/conflict.js';
import type { NetworkReport } from '../../../src/http/ledger/network-report.js';
import { until } from '../../../src/base/testing/until.js';
import type { Hex } from '../../../src/ledger/ethereum/hex.js';
import { get, metric } from '../../testing/dicomweb-client.js';

async function jsonOf<T>(answer: Promise<Response>): Promise<T> {
  const { status, url, ...rest } = await answer.then(async (one) => ({
    status: one.status,
    url: one.url,
    text: await one.text(),
  }));
  if (status !== 200) throw new Error(`${url}: HTTP ${status} ${rest.text}`);
  return JSON.parse(rest.text) as T;
}

/** All rows of a list that comes in pages. */
async function rowsOf<T>(url: string, path: string, name: string): Promise<T[]> {
  const rows: T[] = [];
  for (let next: string | undefined = path; next !== undefined;) {
    const page: Record<string, T[]> & { next?: string } = await jsonOf(get(`${url}${next}`));
    rows.push(...page[name]!);
    next = page.next;
  }
  return rows;
}

export type QuarantinedAnswer = Pick<
  QuarantinedImage,
  'siteId' | 'imageId' | 'contentKey' | 'reason' | 'detail' | 'isRefused'
>;

export const conflictsAt = (url: string): Promise<Conflict[]> =>
  rowsOf(url, '/ledger/conflicts?limit=1000', 'conflicts');
export const quarantineAt = (url: string): Promise<QuarantinedAnswer[]> =>
  rowsOf(url, '/ledger/quarantine?limit=1000', 'quarantined');
export const retirementsAt = (url: string): Promise<MassRetirement[]> =>
  rowsOf(url, '/ledger/retirements', 'retirements');
export const networkAt = (url: string): Promise<NetworkReport> => jsonOf(get(`${url}/ledger/network`));

/** Codes of the alarms that are raised. */
export const alarmsAt = async (url: string): Promise<string[]> => (await networkAt(url)).alarms.map(({ code }) => code);

interface InstanceRecord {
  imageId: Hex;
  siteId: number;
  state: string;
  /** The block in decimal digits. */
  announced: { block: string };
  isVerified: boolean;
  isRetirementHeld: boolean;
}

/** What the ledger says of an instance. */
export const recordAt = (url: string, uid: string): Promise<InstanceRecord> =>
  jsonOf(get(`${url}/ledger/instances/${uid}`));

/** The status of what an admin decides. */
export const decide = async (url: string, path: string): Promise<number> =>
  (await fetch(`${url}/ledger/${path}`, { method: 'POST' })).status;

export const readinessAt = async (url: string): Promise<{ ready: boolean; reasons: string[]; warnings: string[] }> =>
  (await (await get(`${url}/readyz`)).json()) as never;

/** Waits until a site has read all that was announced, and verified all that was sealed. */
export async function untilNothingWaits(url: string): Promise<void> {
  const left = async (): Promise<number> => {
    const { head, catalogue } = await networkAt(url);
    const behind = Number(head?.number ?? Infinity) - Number(catalogue.head?.number ?? -1);
    const [waiting, unverified] = await Promise.all(
      ['waiting_announcements', 'unverified_instances'].map((what) => metric(url, `dicom_ledger_${what}`)),
    );
    return behind + waiting! + unverified!;
  };
  await until('nothing to wait', async () => (await left()) === 0, { timeoutMs: 300_000, pauseMs: 250 });
}
