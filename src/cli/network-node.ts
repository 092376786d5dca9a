import path from 'node:path';
import { findGeth, openNode } from '../network/open-node.js';
import { callGethIpc, ipcPathOf } from '../network/geth-ipc.js';
import { contractIn, joinFileIn, readJoinFile, writeJoinFile } from '../network/join-file.js';
import { readNodeFolder } from '../network/node-folder.js';
import { rotateNodeKey } from '../network/rotate-node-key.js';
import { setNetrestrict } from '../network/set-netrestrict.js';
import { setPeer } from '../network/set-peer.js';
import { propose, readStatus, type Ipc } from '../network/votes.js';
import { LedgerError } from '../base/errors.js';
import type { Hex } from '../ledger/ethereum/hex.js';

interface NodeFolder {
  data: string;
}

interface StartOptions extends NodeFolder {
  rpcPort?: number;
  rpcHost?: string;
  netrestrict?: string;
}

/** Returns when the node has ended; throws when nobody stopped it. */
export async function startNetworkNode(options: StartOptions): Promise<void> {
  const folder = path.resolve(options.data);
  if (options.netrestrict !== undefined) await setNetrestrict(folder, options.netrestrict);
  const binary = await findGeth();
  let lose!: (how: string) => void;
  const lost = new Promise<string>((resolve) => (lose = resolve));
  const node = await openNode({
    binary,
    folder,
    name: `The node of ${folder}`,
    rpc: { host: options.rpcHost, port: options.rpcPort },
    lost: lose,
  });
  if ((await readNodeFolder(folder)).nodeKeyEdition === undefined)
    console.error(
      'This node has the key that it had with a geth whose peers could learn bits of it (CVE-2026-26315). Give it a new one soon: ' +
        `stop it, and run "dicom-ledger network rotate-node-key --data ${folder}".`,
    );
  const signalled = new Promise<undefined>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(undefined));
  });
  const started = node.start().then(() => {
    console.log(`The node runs: JSON-RPC at ${node.rpc} and ${node.ws}, its log in ${node.logFile}. Ctrl-C stops it.`);
    return lost;
  });
  const how = await Promise.race([started, signalled]);
  if (how !== undefined)
    throw new LedgerError('unavailable', `The node has ended (${how}); its log is ${node.logFile}.`);
  started.catch(() => undefined);
  await node.stop();
}

export async function proposeSigner(
  address: Hex,
  { data, remove = false }: NodeFolder & { remove?: boolean },
): Promise<void> {
  const { signer: voter } = await readNodeFolder(path.resolve(data));
  const { tookEffect, missingVotes, signers } = await propose(ipcOf(data), { voter, address, authorize: !remove });
  if (tookEffect) {
    console.log(`${address} ${remove ? 'seals no more' : 'seals blocks now'}. The signers are ${signers.join(', ')}.`);
    if (signers.length === 2) console.log('With two signers, one that fails stops the chain: vote a third in soon.');
  } else {
    const votes = missingVotes === 1 ? 'one more vote is' : `${missingVotes} more votes are`;
    console.log(
      `The vote is in a block; ${votes} missing. Run the same command at other signers: ${signers
        .filter((one) => one !== voter)
        .join(', ')}.`,
    );
  }
}

/** The node reads it at its next look, and so does who joins by the node's join.json. */
export async function nameContract(contract: Hex, { data }: NodeFolder): Promise<void> {
  const folder = path.resolve(data);
  await readNodeFolder(folder);
  await writeJoinFile(folder, { ...(await readJoinFile(joinFileIn(folder))), contract });
  console.log(`The node gives the fees of its blocks back to the sites and governors of ${contract}.`);
}

export async function showStatus({ data }: NodeFolder): Promise<void> {
  const { signer, chainId } = await readNodeFolder(path.resolve(data));
  const contract = await contractIn(path.resolve(data));
  const { head, signers, inTurn, votes, peers, isSyncing } = await readStatus(ipcOf(data));
  const lines = [
    `chain    ${chainId}`,
    `contract ${contract ?? 'none: give its address with "dicom-ledger network contract", else no fees go back'}`,
    `head     block ${head.number}${head.number === 0 ? '' : `, ${head.ageSeconds} s old`}${isSyncing ? ', catching up' : ''}`,
    ...signers.map((one, i) => `${i === 0 ? 'signers ' : '        '} ${one}${notesOn(one)}`),
    ...(signers.includes(signer) ? [] : [`          this node's account ${signer} seals nothing yet`]),
    ...votes.map(
      ({ signer: voter, address, authorize }) => `vote     ${voter} ${authorize ? 'for' : 'against'} ${address}`,
    ),
    `peers    ${peers.length === 0 ? 'none' : ''}${peers.map((peer) => `${peer.address}${holesOf(peer)}`).join(', ')}`,
  ];
  console.log(lines.join('\n'));

  function holesOf({ geth }: (typeof peers)[0]): string {
    return geth && !geth.hasHolesClosed ? ` (geth ${geth.version} with known holes)` : '';
  }

  function notesOn(one: Hex): string {
    const notes = [...(one === signer ? ['this node'] : []), ...(one === inTurn ? ['in turn'] : [])];
    return notes.length === 0 ? '' : ` (${notes.join(', ')})`;
  }
}

export async function rotateKeyOfNode({ data }: NodeFolder): Promise<void> {
  const folder = path.resolve(data);
  const { former, enode } = await rotateNodeKey(folder);
  console.log(`The node has a new key. It was ${former}
and is now  ${enode}

Next: dicom-ledger network start --data ${folder}
and at every other member, whose node may run meanwhile: dicom-ledger network peer ${enode} --data <folder of its node>
Machines that join from now on take ${joinFileIn(folder)}, or the join.json of a member that has run that.`);
}

export async function setPeerOfNode(enode: string, { data }: NodeFolder): Promise<void> {
  const { former, runs } = await setPeer(path.resolve(data), enode);
  const place = former.length === 0 ? '' : `, in place of ${former.join(', ')}`;
  console.log(`The node keeps a connection to ${enode}${place}${runs ? '' : ', from its next start on'}.`);
}

function ipcOf(data: string): Ipc {
  const socket = ipcPathOf(path.resolve(data));
  return (method, ...parameters) => callGethIpc(socket, method, parameters);
}
