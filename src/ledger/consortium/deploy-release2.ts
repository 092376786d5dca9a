import { deployOnce } from '../contract/deploy-once.js';
import { giveRations } from '../contract/give-rations.js';
import { GOVERNOR_RATIONS } from '../contract/ration.js';
import { newestRelease } from '../contract/releases.js';
import type { Hex } from '../ethereum/hex.js';
import { accountOf } from '../keys/sign.js';
import type { LedgerProvider } from '../rpc/provider.js';
import { createRpc } from '../rpc/rpc.js';
import { createConsortiumReader, imagesInterface } from './consortium-reader.js';
import { encodedFoundingOf, encodeFounding, requireFounding, type Founding } from './founding.js';

export interface DeployRelease2Parameters extends Founding {
  /** Of the account that deploys, a governor or not. No running server may use it meanwhile. */
  key: Buffer;
  /** How long to wait for each of the two blocks; 60 s unless given. */
  timeoutMs?: number;
}

/**
 * Deploys a consortium, and the contract of images that asks it who may write, which is the one that LEDGER_CONTRACT names. Those that
 * this account has founded in the same way before (a start that was cut off) are returned instead. The accounts that it names get gas. Throws `bad-request` for what the
 * constructor would refuse, `chain-refused` when no code appears, `unavailable` when no block comes in time.
 */
export async function deployRelease2(
  provider: LedgerProvider,
  { key, timeoutMs, ...founding }: DeployRelease2Parameters,
): Promise<{ consortium: Hex; images: Hex }> {
  requireFounding(founding);
  const rpc = createRpc(provider);
  const waiting = { key, ...(timeoutMs !== undefined && { timeoutMs }) };
  const values = encodeFounding(founding);
  const consortium = await deployOnce(
    { rpc },
    {
      ...waiting,
      compiled: await newestRelease('Consortium'),
      values,
      isMeant: async (address) => (await encodedFoundingOf({ rpc }, address)) === values,
    },
  );
  const consortiumOf = async (images: Hex): Promise<string> =>
    String((await createConsortiumReader(rpc, images, imagesInterface).read('consortium'))[0]).toLowerCase();
  const images = await deployOnce(
    { rpc },
    {
      ...waiting,
      compiled: await newestRelease('Images'),
      values: imagesInterface.encodeDeploy([consortium]),
      isMeant: async (address) => (await consortiumOf(address)) === consortium,
    },
  );
  const others = [
    ...founding.governors.map((to) => ({ to, rations: GOVERNOR_RATIONS })),
    ...[...founding.writers, ...founding.champions].map((to) => ({ to, rations: 1n })),
  ];
  for (const other of others)
    if (other.to.toLowerCase() !== accountOf(key)) await giveRations({ rpc }, { ...waiting, ...other });
  return { consortium, images };
}
