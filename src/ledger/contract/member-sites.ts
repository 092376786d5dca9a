import { ZeroHash } from 'ethers/constants';
import { LedgerError } from '../../base/errors.js';
import { createImageLedger } from './image-ledger.js';
import { logsBetween } from './logs-between.js';
import type { Hex } from '../ethereum/hex.js';
import { rpcFailure } from '../rpc/provider.js';
import { imageLedgerInterface } from './revert-errors.js';
import type { Rpc } from '../rpc/rpc.js';

/** A site as the contract knows it. */
export interface MemberSite {
  siteId: number;
  name: string;
  /** False once it was dismissed: its images stay, it stores no more. */
  admitted: boolean;
  accountCount: number;
  /** Undefined when the node does not give the events of old blocks. */
  accounts: Hex[] | undefined;
}

/** OpenZeppelin's DEFAULT_ADMIN_ROLE: a governor. */
export const GOVERNOR_ROLE = ZeroHash;

/** Every site that was ever admitted, by number. */
export async function listSites({ rpc }: { rpc: Rpc }, { contract }: { contract: Hex }): Promise<MemberSite[]> {
  const reader = createImageLedger(rpc, contract);
  const count = Number((await reader.read('siteCount'))[0]);
  const ids = Array.from({ length: count }, (_, i) => i + 1);
  const changes = await changesOf({ rpc }, contract, ['SiteAccountAdded', 'SiteAccountRemoved']).catch(
    (error: unknown) => {
      if (rpcFailure(error) === undefined) throw error;
      return undefined;
    },
  );
  return Promise.all(
    ids.map(async (siteId) => {
      const [name, admitted, accountCount] = await reader.read('getSite', siteId);
      const accounts = changes && membersOf(changes, 'SiteAccountAdded', (values) => Number(values.siteId) === siteId);
      return {
        siteId,
        name: String(name),
        admitted: Boolean(admitted),
        accountCount: Number(accountCount),
        accounts: accounts?.length === Number(accountCount) ? accounts : undefined,
      };
    }),
  );
}

/** Throws `unavailable` when the node does not give the events that name them all. */
export async function listGovernors({ rpc }: { rpc: Rpc }, { contract }: { contract: Hex }): Promise<Hex[]> {
  const count = Number((await createImageLedger(rpc, contract).read('governorCount'))[0]);
  const changes = await changesOf({ rpc }, contract, ['RoleGranted', 'RoleRevoked']);
  const governors = membersOf(changes, 'RoleGranted', (values) => values.role === GOVERNOR_ROLE);
  if (governors.length === count) return governors;
  throw new LedgerError(
    'unavailable',
    `The contract has ${count} governors and the node's events name ${governors.length}: ask a node that has every block.`,
    { retryable: true },
  );
}

interface Change {
  name: string;
  values: Record<string, unknown>;
}

/** These events of the contract since block 0, in chain order. */
async function changesOf({ rpc }: { rpc: Rpc }, contract: Hex, names: string[]): Promise<Change[]> {
  const topics = [names.map((name) => imageLedgerInterface.getEvent(name)!.topicHash as Hex)];
  const logs = await logsBetween({ rpc }, { contract, topics });
  return logs.map((log) => {
    const { name, args } = imageLedgerInterface.parseLog(log)!;
    return { name, values: args.toObject() };
  });
}

/** The accounts that were added and not removed again. */
function membersOf(changes: Change[], added: string, concerns: (values: Change['values']) => boolean): Hex[] {
  const accounts = new Set<Hex>();
  for (const { name, values } of changes.filter((change) => concerns(change.values))) {
    const account = (values.account as string).toLowerCase() as Hex;
    if (name === added) accounts.add(account);
    else accounts.delete(account);
  }
  return [...accounts];
}
