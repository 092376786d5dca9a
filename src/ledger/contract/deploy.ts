import { LedgerError } from '../../base/errors.js';
import { createConsortium } from './consortium.js';
import { deployOnce } from './deploy-once.js';
import type { Hex } from '../ethereum/hex.js';
import type { LedgerProvider } from '../rpc/provider.js';
import { imageLedgerInterface } from './revert-errors.js';
import { newestRelease } from './releases.js';
import { createRpc } from '../rpc/rpc.js';
import { accountOf } from '../keys/sign.js';

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
  return deployOnce(
    { rpc: createRpc(provider) },
    {
      key: governorKey,
      compiled: await newestRelease('ImageLedger'),
      values: imageLedgerInterface.encodeDeploy([accountOf(governorKey), siteName, siteAccounts]),
      timeoutMs,
    },
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
