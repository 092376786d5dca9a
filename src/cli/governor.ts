import { listGovernors } from '../ledger/contract/member-sites.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { requireReleased } from '../ledger/contract/releases.js';
import { withChain, withConsortium, type ContractOptions, type GovernorOptions } from './chain-options.js';

/** A line a governor. */
export async function showGovernors(options: ContractOptions): Promise<void> {
  const { contract } = options;
  const governors = await withChain(options, async ({ rpc }) => {
    await requireReleased(rpc, [contract]);
    return listGovernors({ rpc }, { contract });
  });
  for (const account of governors) console.log(account);
  warnOfOne(governors);
}

export async function addGovernor(account: Hex, options: GovernorOptions): Promise<void> {
  await withConsortium(options, (consortium) => consortium.addGovernor(account));
  console.log(`${account} is a governor.`);
}

export async function removeGovernor(account: Hex, options: GovernorOptions): Promise<void> {
  await withConsortium(options, async (consortium) => {
    await consortium.removeGovernor(account);
    console.log(`${account} is no governor any more.`);
    warnOfOne(await consortium.listGovernors());
  });
}

function warnOfOne(governors: readonly Hex[]): void {
  if (governors.length > 1) return;
  console.error(
    `Only ${governors[0]} governs: when that key is lost, nobody can admit a site again. Add another with "dicom-ledger governor add".`,
  );
}
