import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerError } from '../errors.js';
import { fromHex, toHex } from './hex.js';
import { keccak256 } from './keccak.js';
import type { Hex } from './ledger.js';
import type { LedgerProvider } from './provider.js';
import { imageLedgerInterface } from './refusal.js';
import { readReleases } from './releases.js';
import { encodeList, integerBytes } from './rlp.js';
import { createRpc } from './rpc.js';
import { accountOf, signTransaction } from './sign.js';

const deployGas = 8_000_000n;

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
 * (a start that was cut off), that one is returned. Throws `chain-refused` when no code appears in time.
 */
export async function deployContract(provider: LedgerProvider, parameters: DeployParameters): Promise<Hex> {
  const { governorKey, siteName, siteAccounts, timeoutMs = 60_000 } = parameters;
  const rpc = createRpc(provider);
  const [release] = await readReleases();
  if (!release) throw new LedgerError('internal', 'contracts/released has no contract: run npm run contracts.');
  const governor = accountOf(governorKey);
  const nonce = await rpc.nonce(governor, 'latest');
  const hasCode = async (address: Hex): Promise<boolean> =>
    toHex(keccak256((await rpc.codes([address]))[0]!)) === release.codeHash;

  for (let earlier = nonce - 1; earlier >= 0; earlier--) {
    const address = contractAddress(governor, earlier);
    if (await hasCode(address)) return address;
  }
  const values = imageLedgerInterface.encodeDeploy([governor, siteName, siteAccounts]);
  const [chainId, gasPrice] = await Promise.all([rpc.chainId(), rpc.gasPrice()]);
  const data = Buffer.concat([fromHex(release.creationCode), fromHex(values)]);
  const { raw } = signTransaction({ chainId, nonce, gasPrice, gasLimit: deployGas, to: undefined, data }, governorKey);
  await rpc.send(raw);

  const address = contractAddress(governor, nonce);
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(20)) {
    if (await hasCode(address)) return address;
    if ((await rpc.nonce(governor, 'latest')) > nonce && !(await hasCode(address))) break;
  }
  throw new LedgerError('chain-refused', `The contract did not appear at ${address}: look at the chain's own log.`, {
    details: { reason: 'not deployed', address },
  });
}

/** Where an account's transaction of that nonce deploys (Yellow Paper §7). */
function contractAddress(account: Hex, nonce: number): Hex {
  return toHex(keccak256(encodeList([fromHex(account), integerBytes(nonce)])).subarray(12));
}
