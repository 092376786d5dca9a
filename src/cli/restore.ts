import pLimit from 'p-limit';
import { LedgerError } from '../base/errors.js';
import { callServer, problemOf } from './call-server.js';
import type { ServerAddress } from './server-address.js';

/** Each waits for its block. */
const AT_A_TIME = 32;

/**
 * Takes the retirement of an instance back, or of all that an account of this site has retired since a time; given again, that goes on. Throws
 * `conflict` when something could not be restored.
 */
export async function restore(
  SOPInstanceUID: string | undefined,
  { server, by, since }: { server: ServerAddress; by?: string; since?: string },
): Promise<void> {
  if ((SOPInstanceUID === undefined) === (by === undefined))
    throw new LedgerError('bad-request', 'Say which: a SOP Instance UID, or --by with an account of this site.');
  if (SOPInstanceUID !== undefined) {
    await post(server, `/ledger/instances/${encodeURIComponent(SOPInstanceUID)}/restore`);
    console.log(`${SOPInstanceUID} is restored.`);
  } else await restoreAllBy(by!, { server, ...(since !== undefined && { since }) });
}

async function restoreAllBy(
  account: string,
  { server, since }: { server: ServerAddress; since?: string },
): Promise<void> {
  const query = new URLSearchParams({ by: account, ...(since !== undefined && { since }) });
  const response = await callServer(server, `/ledger/retired?${query.toString()}`);
  if (!response.ok) throw new LedgerError('conflict', await problemOf(response));
  const { images } = (await response.json()) as { images: string[] };
  const limit = pLimit(AT_A_TIME);
  const restored = images.map((image) => limit(() => post(server, `/ledger/images/${image}/restore`)));
  const failures = (await Promise.allSettled(restored)).flatMap((one) =>
    one.status === 'rejected' ? [one.reason as Error] : [],
  );
  console.log(
    `${images.length - failures.length} of ${images.length} images that ${account} had retired are restored.`,
  );
  if (failures.length > 0)
    throw new LedgerError('conflict', `${failures[0]!.message} Give the same command again: it goes on.`);
}

async function post(server: ServerAddress, path: string): Promise<void> {
  const response = await callServer(server, path, { method: 'POST' });
  if (!response.ok) throw new LedgerError('conflict', await problemOf(response));
}
