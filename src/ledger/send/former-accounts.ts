import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Log } from '../../base/log.js';
import type { Heads } from '../nodes/heads.js';
import type { Hex } from '../ethereum/hex.js';
import { latestNonce } from '../nodes/latest-nonce.js';
import type { Nodes } from '../nodes/node.js';
import { openOutbox } from './outbox.js';
import { openNonceQueue } from './nonce-queue.js';
import { startBroadcast } from './broadcast.js';

export interface FormerAccountsOptions {
  /** Has a folder `<chain id>-<account>` for each account that ever sent from here. */
  outboxFolder: string;
  chainId: bigint;
  /** The account whose outbox is in use. */
  account: Hex;
  finalDepth: number;
  stallMs: number;
  signal: AbortSignal;
}

/**
 * Sends what accounts that were rotated away have left in their outboxes: it is signed already. Those folders go once all
 * is in blocks for good, with or without effect. Resolves then or after the signal.
 */
export async function sendFormerAccounts(
  { nodes, heads, log }: { nodes: Nodes; heads: Heads; log: Log },
  options: FormerAccountsOptions,
): Promise<void> {
  const { outboxFolder, chainId, account, signal } = options;
  const own = `${chainId}-${account}`;
  const names = await readdir(outboxFolder);
  const left = names.filter((name) => name !== own && new RegExp(`^${chainId}-0x[0-9a-f]{40}$`).test(name));
  await Promise.all(left.map((name) => sendOne(name)));

  async function sendOne(name: string): Promise<void> {
    const folder = path.join(outboxFolder, name);
    const outbox = await openOutbox(folder);
    if (outbox.found.length > 0) {
      const former = name.slice(name.indexOf('-') + 1) as Hex;
      const nonce = await latestNonce(nodes, former);
      const queue = await openNonceQueue({ outbox, log }, { account: former, nonce });
      const delivery = startBroadcast({ nodes, heads, queue, log }, options);
      const stop = (): void => void delivery.close();
      signal.addEventListener('abort', stop);
      await queue.emptied();
      signal.removeEventListener('abort', stop);
      await delivery.close();
      if (queue.isWaiting) return;
    }
    await rm(folder, { recursive: true });
    log.info({ folder: name }, 'The outbox of a former account is done with');
  }
}
