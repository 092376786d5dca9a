import { readFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { secp256k1 } from '../ledger/ethereum/secp256k1.js';
import { LedgerError } from '../base/errors.js';
import { createKeystore } from '../ledger/keys/keystore.js';
import { loadOrCreateKey } from '../ledger/keys/keys.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { writeDurably } from '../base/write-durably.js';

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
  /** CIDR masks of the addresses that it talks to, with commas between; unset means all. */
  netrestrict?: string | undefined;
  /** Gas of a block as in the genesis: a signer that wanted another would move it. Unset means the usual. */
  gasLimit?: number | undefined;
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

/** The node's two identities, made when they are not there: the account that seals, and the public key in its enode. */
export async function makeIdentity(
  folder: string,
  { scryptN }: { scryptN?: number } = {},
): Promise<{ signer: Hex; publicKey: string }> {
  await mkdir(path.join(folder, 'geth'), { recursive: true, mode: 0o700 });
  const { keystore, password } = nodeFiles(folder);
  const signer = await keystoreAccount({ file: keystore, passwordFile: password }, scryptN);
  // Where geth keeps and looks for it.
  const nodeKey = await loadOrCreateKey(path.join(folder, 'geth', 'nodekey'));
  const publicKey = Buffer.from(secp256k1().publicKeyCreate(nodeKey, false)).toString('hex', 1);
  return { signer, publicKey };
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
