import { LedgerError } from '../base/errors.js';
import type { Consortium } from '../ledger/contract/consortium.js';
import type { ConsortiumAccount } from '../ledger/consortium/consortium-account.js';
import type { ConsortiumAt } from '../ledger/consortium/consortium-events.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import type { Rpc } from '../ledger/rpc/rpc.js';
import { readKey, withChain, type ContractOptions, type GovernorOptions } from './chain-options.js';

/** A consortium of release 2; `images` is undefined when --contract is the consortium itself. */
export interface ConsortiumHere extends ConsortiumAt {
  images: Hex | undefined;
}

type Work<Asked, T> = (asked: Asked) => Promise<T>;

/** Asks the contract at --contract, of whichever release it is. */
export function atContract<T>(
  options: ContractOptions,
  works: { release1: Work<{ rpc: Rpc; contract: Hex }, T>; release2: Work<ConsortiumHere, T> },
): Promise<T> {
  return withChain(options, async ({ rpc }) => {
    const { contractsAt } = await import('../ledger/consortium/contracts-at.js');
    const contracts = await contractsAt(rpc, options.contract);
    return contracts.release === 1
      ? works.release1({ rpc, contract: contracts.contract })
      : works.release2({ rpc, consortium: contracts.consortium, images: contracts.images });
  });
}

/** What signs with the key of the keystore, beside where it does. */
export type SigningHere = ConsortiumHere & { as: ConsortiumAccount };

/** As the account of the keystore, at a contract of whichever release. */
export async function asAccount<T>(
  options: GovernorOptions,
  works: { release1: Work<Consortium, T>; release2: Work<SigningHere, T> },
): Promise<T> {
  const key = await readKey(options);
  return atContract(options, {
    release1: async ({ rpc, contract }) => {
      const { createConsortium } = await import('../ledger/contract/consortium.js');
      return works.release1(await createConsortium({ rpc }, { contract, governorKey: key }));
    },
    release2: async (here) => {
      const { createConsortiumAccount } = await import('../ledger/consortium/consortium-account.js');
      return works.release2({ ...here, as: createConsortiumAccount(here, { consortium: here.consortium, key }) });
    },
  });
}

/** For what only a consortium of release 2 has. */
export function atConsortium<T>(options: ContractOptions, work: Work<ConsortiumHere, T>): Promise<T> {
  return atContract(options, { release1: refuseRelease1, release2: work });
}

/** For what an account does only at a consortium of release 2. */
export function asMember<T>(options: GovernorOptions, work: Work<SigningHere, T>): Promise<T> {
  return asAccount(options, { release1: refuseRelease1, release2: work });
}

function refuseRelease1(): Promise<never> {
  const message =
    'The contract is of release 1, which has nothing of that kind: this is for consortia of release 2 ("dicom-ledger deploy" founds one).';
  return Promise.reject(new LedgerError('bad-request', message));
}
