import { RLP } from '@ethereumjs/rlp';
import { LedgerError } from '../../base/errors.js';
import { fromHex, toHex, type Hex } from '../ethereum/hex.js';
import { keccak256 } from '../ethereum/keccak256.js';
import { accountOf } from '../keys/sign.js';
import type { Rpc } from '../rpc/rpc.js';
import { transact } from './transact.js';

export interface DeployOnceParameters {
  key: Buffer;
  compiled: { codeHash: Hex; creationCode: Hex };
  /** What the constructor takes, ABI-encoded. */
  values: string;
  /** Whether a contract of this code, which this account has deployed before, is the one that is meant; any unless given. */
  isMeant?: (address: Hex) => Promise<boolean>;
  timeoutMs?: number;
}

const DEPLOY_GAS = 8_000_000n;

/**
 * Deploys a contract and returns its address once its code is there; one that this account has deployed before (a start that was cut
 * off) is returned instead. Throws `chain-refused` when no code appears, `unavailable` when no block comes in time.
 */
export async function deployOnce({ rpc }: { rpc: Rpc }, parameters: DeployOnceParameters): Promise<Hex> {
  const { key, compiled, values, isMeant = () => Promise.resolve(true), timeoutMs } = parameters;
  const account = accountOf(key);
  const isOfCode = (code: Buffer): boolean => toHex(keccak256(code)) === compiled.codeHash;

  const used = await rpc.nonce(account, 'latest');
  const earlier = Array.from({ length: used }, (_, i) => contractAddress(account, used - 1 - i));
  const codes = await rpc.codes(earlier);
  for (const [i, address] of earlier.entries()) if (isOfCode(codes[i]!) && (await isMeant(address))) return address;

  const data = Buffer.concat([fromHex(compiled.creationCode), fromHex(values)]);
  const waiting = timeoutMs === undefined ? {} : { timeoutMs };
  const nonce = await transact({ rpc }, { key, to: undefined, data, gasLimit: DEPLOY_GAS, ...waiting });
  const address = contractAddress(account, nonce);
  if ((await rpc.codes([address])).some(isOfCode)) return address;
  throw new LedgerError(
    'chain-refused',
    `A block took the deployment, and the contract is not at ${address}: the chain's blocks or its code-size limit may be too small (8,000,000 gas, 24,576 bytes).`,
    { details: { reason: 'not deployed', address } },
  );
}

/** Where an account's transaction of that nonce deploys (Yellow Paper §7). */
function contractAddress(account: Hex, nonce: number): Hex {
  return toHex(keccak256(RLP.encode([fromHex(account), nonce])).subarray(12));
}
