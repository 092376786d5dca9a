import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerError } from '../base/errors.js';
import type { NetworkNode } from './network.js';

/** The public keys of the nodes that this one is connected to. */
async function peersOf(node: NetworkNode): Promise<Set<string>> {
  const peers = (await node.ipc('admin_peers')) as { enode: string }[];
  return new Set(peers.map(({ enode }) => publicKeyOf(enode)));
}

const publicKeyOf = (enode: string): string => new URL(enode).username;

/** Takes every connection between `node` and the others away, and returns when none is left. Nodes that do not run are left out. */
export async function cutPeers(node: NetworkNode, others: readonly NetworkNode[]): Promise<void> {
  const running = others.filter(({ pid }) => pid !== undefined);
  await untilSo(`${node.enode} has no peers`, async () => {
    await Promise.all(
      running.flatMap((other) => [
        node.ipc('admin_removePeer', other.enode),
        other.ipc('admin_removePeer', node.enode),
      ]),
    );
    const mine = await peersOf(node);
    return running.every(({ enode }) => !mine.has(publicKeyOf(enode)));
  });
}

/** Connects `node` with the others again and returns when it is. */
export async function joinPeers(node: NetworkNode, others: readonly NetworkNode[]): Promise<void> {
  const running = others.filter(({ pid }) => pid !== undefined);
  await Promise.all(
    running.flatMap((other) => [node.ipc('admin_addPeer', other.enode), other.ipc('admin_addPeer', node.enode)]),
  );
  await untilSo(`${node.enode} has its peers`, async () => {
    const mine = await peersOf(node);
    return running.every(({ enode }) => mine.has(publicKeyOf(enode)));
  });
}

/** Waits until every node that runs is connected with at least one other one, if there is one. */
export async function untilConnected(nodes: readonly NetworkNode[]): Promise<void> {
  if (nodes.length < 2) return;
  await untilSo('every node has a peer', async () =>
    (await Promise.all(nodes.map(peersOf))).every((peers) => peers.size > 0),
  );
}

/** geth dials a node again 35 s after it has failed: a few times of that. */
const PATIENCE_S = 180;

async function untilSo(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_S * 1000;
  while (!(await isSo())) {
    if (Date.now() > end)
      throw new LedgerError(
        'unavailable',
        `Not so after ${PATIENCE_S} s: ${what}. The nodes' logs (geth.log) say why.`,
      );
    await sleep(100);
  }
}
