import { RLP } from '@ethereumjs/rlp';
import { LedgerError } from '../../base/errors.js';
import { createConsortium } from './consortium.js';
import { fromHex, toHex, type Hex } from '../ethereum/hex.js';
import { keccak256 } from '../ethereum/keccak256.js';
import type { LedgerProvider } from '../rpc/provider.js';
import { imageLedgerInterface } from './revert-errors.js';
import { newestRelease } from './releases.js';
import { createRpc } from '../rpc/rpc.js';
import { accountOf } from '../keys/sign.js';
import { transact } from './transact.js';

const DEPLOY_GAS = 8_000_000n;

export interface DeployParameters {
  governorKey: Buffer;
  /** Admitted as site 1; empty for none. */
  siteName: string;
  siteAccounts: Hex[];
  /** How long to wait for the block. */
  timeoutMs?: number;
}

/**
 * Deploys the newest release and returns its address once its code is there. When this governor has deployed it before
 * (a start that was cut off), that one is returned. Throws `chain-refused` when no code appears, `unavailable` when no
 * block comes in time.
 */
export async function deployContract(provider: LedgerProvider, parameters: DeployParameters): Promise<Hex> {
  const { governorKey, siteName, siteAccounts, timeoutMs = 60_000 } = parameters;
  const rpc = createRpc(provider);
  const release = await newestRelease('ImageLedger');
  const governor = accountOf(governorKey);
  const isOurs = (code: Buffer): boolean => toHex(keccak256(code)) === release.codeHash;

  const used = await rpc.nonce(governor, 'latest');
  const earlier = Array.from({ length: used }, (_, i) => contractAddress(governor, used - 1 - i));
  const known = (await rpc.codes(earlier)).findIndex(isOurs);
  if (known !== -1) return earlier[known]!;

  const values = imageLedgerInterface.encodeDeploy([governor, siteName, siteAccounts]);
  const data = Buffer.concat([fromHex(release.creationCode), fromHex(values)]);
  const nonce = await transact({ rpc }, { key: governorKey, to: undefined, data, gasLimit: DEPLOY_GAS, timeoutMs });
  const address = contractAddress(governor, nonce);
  if ((await rpc.codes([address])).some(isOurs)) return address;
  throw new LedgerError(
    'chain-refused',
    `A block took the deployment, and the contract is not at ${address}: the chain's blocks or its code-size limit may be too small (8,000,000 gas, 24,576 bytes).`,
    { details: { reason: 'not deployed', address } },
  );
}

/**
 * Deploys the newest release for a consortium and makes the other accounts governors, too. What is there already stays.
 * Throws `bad-request` unless that makes at least two governors.
 */
export async function deployConsortium(
  provider: LedgerProvider,
  parameters: { governorKey: Buffer; otherGovernors: readonly Hex[]; timeoutMs?: number },
): Promise<Hex> {
  const { governorKey, otherGovernors, ...waiting } = parameters;
  const self = accountOf(governorKey);
  const others = new Set(otherGovernors.map((account) => account.toLowerCase() as Hex));
  others.delete(self);
  if (others.size === 0) {
    throw new LedgerError(
      'bad-request',
      `A consortium needs at least two governors, and ${self} would be the only one: give --governor <address> of another key, kept by somebody else.`,
    );
  }
  const contract = await deployContract(provider, { governorKey, siteName: '', siteAccounts: [], ...waiting });
  const consortium = await createConsortium({ rpc: createRpc(provider) }, { contract, governorKey, ...waiting });
  for (const account of others) await consortium.addGovernor(account);
  return contract;
}

/** Where an account's transaction of that nonce deploys (Yellow Paper §7). */
function contractAddress(account: Hex, nonce: number): Hex {
  return toHex(keccak256(RLP.encode([fromHex(account), nonce])).subarray(12));
}
