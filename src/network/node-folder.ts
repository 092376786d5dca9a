import { existsSync } from 'node:fs';
import { readFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { secp256k1 } from '../ledger/ethereum/secp256k1.js';
import { LedgerError } from '../base/errors.js';
import { createKeystore } from '../ledger/keys/keystore.js';
import { loadOrCreateKey } from '../ledger/keys/keys.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { writeDurably } from '../base/write-durably.js';
import { LEAST_EDITION } from './geth-edition.js';

/** What a node's folder says of it, in `node.json`. */
export interface NodeSettings {
  chainId: number;
  /** The account that seals; its key is in `signer.json`. */
  signer: Hex;
  /** `enode://…`: how other nodes find it. */
  enode: string;
  /** Interface and port on which it talks to other nodes. */
  listen: { host: string; port: number };
  /** Interface and port of JSON-RPC, HTTP and WebSocket alike. */
  rpc: { host: string; port: number };
  /** Nodes that it keeps a connection to. */
  peers: string[];
  /** CIDR masks of the addresses that it talks to, with commas between; without them it does not start. */
  netrestrict?: string | undefined;
  /** Gas of a block as in the genesis: a signer that wanted another would move it. Unset means the usual. */
  gasLimit?: number | undefined;
  /** Edition of our geth that the node's key was made for. Unset: a geth with a hole that tells bits of it may have had it. */
  nodeKeyEdition?: number | undefined;
}

export const nodeFiles = (
  folder: string,
): Record<'settings' | 'genesis' | 'keystore' | 'password' | 'log', string> => ({
  settings: path.join(folder, 'node.json'),
  genesis: path.join(folder, 'genesis.json'),
  keystore: path.join(folder, 'signer.json'),
  password: path.join(folder, 'signer.password'),
  log: path.join(folder, 'geth.log'),
});

/** The node's two identities: the account that seals, and the public key in its enode. */
export interface NodeIdentity extends Pick<NodeSettings, 'signer' | 'nodeKeyEdition'> {
  /** 128 hex digits. */
  publicKey: string;
}

/** Where geth keeps and looks for the key in its enode. */
export const nodeKeyFile = (folder: string): string => path.join(folder, 'geth', 'nodekey');

/** Makes the identities that are not there. */
export async function makeIdentity(folder: string, { scryptN }: { scryptN?: number } = {}): Promise<NodeIdentity> {
  await mkdir(path.join(folder, 'geth'), { recursive: true, mode: 0o700 });
  const { keystore, password } = nodeFiles(folder);
  const signer = await keystoreAccount({ file: keystore, passwordFile: password }, scryptN);
  const isNew = !existsSync(nodeKeyFile(folder));
  const publicKey = publicKeyOf(await loadOrCreateKey(nodeKeyFile(folder)));
  const known = isNew ? { nodeKeyEdition: LEAST_EDITION } : await readNodeFolder(folder).catch(() => undefined);
  return { signer, publicKey, nodeKeyEdition: known?.nodeKeyEdition };
}

/** Of a node's key, as its enode has it: 128 hex digits. */
export function publicKeyOf(key: Buffer): string {
  return Buffer.from(secp256k1().publicKeyCreate(key, false)).toString('hex', 1);
}

/** The account of a keystore, which is made when it is not there. */
export async function keystoreAccount(
  files: { file: string; passwordFile: string },
  scryptN: number | undefined,
): Promise<Hex> {
  const text = await readFile(files.file, 'utf8').catch(() => undefined);
  if (text === undefined) return createKeystore({ ...files, ...(scryptN === undefined ? {} : { scryptN }) });
  const { address } = JSON.parse(text) as { address: string };
  return `0x${address.replace(/^0x/, '').toLowerCase()}`;
}

export async function writeNodeFolder(folder: string, settings: NodeSettings): Promise<void> {
  await writeDurably(nodeFiles(folder).settings, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
}

/** Throws `misconfigured` when no node was made there. */
export async function readNodeFolder(folder: string): Promise<NodeSettings> {
  const file = nodeFiles(folder).settings;
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new LedgerError(
      'misconfigured',
      `There is no node in ${folder} (no node.json): make one with "dicom-ledger network init" or "network join".`,
      { cause },
    );
  });
  return JSON.parse(text) as NodeSettings;
}
