import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { LedgerError } from '../base/errors.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { writeDurably } from '../base/write-durably.js';
import { BLOCK_GAS_LIMIT, cliqueGenesis } from './genesis.js';
import { readJoinFile, writeJoinFile, type JoinFile } from './join-file.js';
import { requireNetrestrict } from './netrestrict.js';
import { makeIdentity, nodeFiles, writeNodeFolder, type NodeIdentity, type NodeSettings } from './node-folder.js';

export interface MachineParameters {
  /** Where the node's keys and data go; new. */
  folder: string;
  /** IPv4 address at which the other members reach this machine. */
  host: string;
  /** For nodes to talk to each other, TCP. */
  port: number;
  /** JSON-RPC, on loopback unless the start says otherwise. */
  rpcPort: number;
  /** CIDR masks; only addresses in them are talked to. Those of the join file unless given. */
  netrestrict?: string | undefined;
  /** Cost of one guess at the keystore's password, a power of two. */
  scryptN?: number;
}

export interface ConsortiumStart {
  periodSeconds: number;
  /** Random unless given. */
  chainId?: number | undefined;
  /** Accounts of the governors, funded in the first block: at least two. */
  governors: readonly Hex[];
  /** How much gas a block holds; 800 M unless given. */
  gasLimit?: number | undefined;
}

/**
 * Makes the first node of a new consortium, which seals alone until others are voted in, and its join file. Throws
 * `misconfigured` when the folder has a node, the host is no IPv4 address, or netrestrict is missing, wide or does not hold the
 * host; `bad-request` for fewer than two governors.
 */
export async function initConsortium(machine: MachineParameters, start: ConsortiumStart): Promise<NodeSettings> {
  const governors = [...new Set(start.governors.map((account) => account.toLowerCase()))];
  if (governors.length < 2)
    throw new LedgerError(
      'bad-request',
      `A consortium needs at least two governors, not ${governors.length}: make keys with "dicom-ledger key new", ` +
        'let different people keep them, and give the address of each with --governor.',
    );
  requireNew(machine);
  const netrestrict = restrictionOf(machine, { enodes: [] });
  const { chainId = randomInt(100_000, 2 ** 31), periodSeconds, gasLimit = BLOCK_GAS_LIMIT } = start;
  const identity = await makeIdentity(machine.folder, machine);
  const genesis = cliqueGenesis({ chainId, periodSeconds, gasLimit, signers: [identity.signer], funded: governors });
  return makeNode(machine, identity, { genesis, chainId, periodSeconds, enodes: [], netrestrict });
}

/** Makes a node for an existing consortium, and a join file that names it, too. Throws `misconfigured` as `initConsortium` does. */
export async function joinConsortium(machine: MachineParameters, file: string): Promise<NodeSettings & JoinFile> {
  requireNew(machine);
  const join = await readJoinFile(file);
  const netrestrict = restrictionOf(machine, join);
  const identity = await makeIdentity(machine.folder, machine);
  return { ...join, ...(await makeNode(machine, identity, { ...join, netrestrict })) };
}

async function makeNode(
  machine: MachineParameters,
  { signer, publicKey, nodeKeyEdition }: NodeIdentity,
  join: JoinFile,
): Promise<NodeSettings> {
  const { folder, host, port, rpcPort } = machine;
  const enode = `enode://${publicKey}@${host}:${port}`;
  const settings: NodeSettings = {
    chainId: join.chainId,
    signer,
    enode,
    listen: { host: host.startsWith('127.') ? host : '0.0.0.0', port },
    rpc: { host: '127.0.0.1', port: rpcPort },
    peers: join.enodes,
    netrestrict: join.netrestrict,
    nodeKeyEdition,
    gasLimit: Number((join.genesis as { gasLimit: Hex }).gasLimit),
  };
  await writeDurably(nodeFiles(folder).genesis, `${JSON.stringify(join.genesis, null, 2)}\n`, { mode: 0o644 });
  await writeJoinFile(folder, { ...join, enodes: [...join.enodes, enode] });
  await writeNodeFolder(folder, settings);
  return settings;
}

/** The masks of this machine, or of the consortium that it joins: they hold this node and those that it will know. */
function restrictionOf(machine: MachineParameters, join: Pick<JoinFile, 'enodes' | 'netrestrict'>): string {
  const { netrestrict = join.netrestrict, host } = machine;
  if (netrestrict === undefined)
    throw new LedgerError(
      'misconfigured',
      "Which addresses do the members' nodes have? Give their network, as --netrestrict 10.8.0.0/24: a node talks to no others.",
    );
  return requireNetrestrict(netrestrict, [host, ...join.enodes.map((enode) => new URL(enode).hostname)]);
}

function requireNew({ folder, host }: MachineParameters): void {
  if (existsSync(nodeFiles(folder).settings))
    throw new LedgerError(
      'misconfigured',
      `There is a node in ${folder} already: start it with "dicom-ledger network start --data ${folder}", or give another --data.`,
    );
  if (!isIPv4(host))
    throw new LedgerError(
      'misconfigured',
      `The host "${host}" is no IPv4 address: give the one at which the other members reach this machine.`,
    );
}
