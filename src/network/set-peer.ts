import { LedgerError } from '../base/errors.js';
import { changeNode, doesRun, withEnode } from './change-node.js';
import { parseEnode } from './enode.js';
import { callGethIpc, ipcPathOf } from './geth-ipc.js';
import { requireNetrestrict } from './netrestrict.js';
import { readNodeFolder } from './node-folder.js';

/**
 * Lets a node keep a connection to the node of a member, in place of what it knew at the same address, or under the same key.
 * One that runs changes over at once. Throws `bad-request` for no enode or its own, `misconfigured` outside of its netrestrict.
 */
export async function setPeer(folder: string, enode: string): Promise<{ former: string[]; runs: boolean }> {
  const settings = await readNodeFolder(folder);
  const peer = parseEnode(enode);
  const isSameNode = (other: string): boolean => {
    const { username, host } = new URL(other);
    return username === peer.publicKey || host === `${peer.address}:${peer.port}`;
  };
  if (isSameNode(settings.enode))
    throw new LedgerError(
      'bad-request',
      `${enode} is this node's own address or key: give the enode of another member.`,
    );
  if (settings.netrestrict !== undefined) requireNetrestrict(settings.netrestrict, [peer.address]);
  const former = settings.peers.filter((other) => isSameNode(other) && other !== enode);
  const peers = [...settings.peers.filter((other) => !isSameNode(other)), enode];
  await changeNode(folder, { ...settings, peers }, (join) => withEnode(enode, join.enodes.filter(isSameNode))(join));
  if (!(await doesRun(folder))) return { former, runs: false };
  for (const other of former) await callGethIpc(ipcPathOf(folder), 'admin_removePeer', [other]);
  await callGethIpc(ipcPathOf(folder), 'admin_addPeer', [enode]);
  return { former, runs: true };
}
