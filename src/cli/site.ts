import { LedgerError } from '../base/errors.js';
import { listSites } from '../ledger/contract/member-sites.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { requireReleased } from '../ledger/contract/releases.js';
import { withChain, withConsortium, type ContractOptions, type GovernorOptions } from './chain-options.js';

export async function admitSite(name: string, options: GovernorOptions & { account: Hex[] }): Promise<void> {
  const { account: accounts, contract } = options;
  const siteId = await withConsortium(options, (consortium) => consortium.admitSite({ name, accounts }));
  console.log(
    `"${name}" is site ${siteId} with account ${accounts.join(', ')}. Its server needs LEDGER_URL, LEDGER_CONTRACT=${contract}, ` +
      'SITE_KEYSTORE_FILE, SITE_PASSWORD_FILE and CONSORTIUM_KEY_FILE.',
  );
}

export async function dismissSite(siteId: number, options: GovernorOptions): Promise<void> {
  await withConsortium(options, (consortium) => consortium.dismissSite(siteId));
  console.log(`Site ${siteId} is dismissed: it stores no more; its images stay.`);
}

export async function fundAccount(account: Hex, options: GovernorOptions & { hours: number }): Promise<void> {
  await withConsortium(options, (consortium) => consortium.fundAccount(account, options.hours));
  console.log(`${account} can pay for ${options.hours} hours of full blocks more.`);
}

/** A line a site: number, name, state, accounts. */
export async function showSites(options: ContractOptions): Promise<void> {
  const { contract } = options;
  const sites = await withChain(options, async ({ rpc }) => {
    await requireReleased(rpc, [contract]);
    return listSites({ rpc }, { contract });
  });
  for (const { siteId, name, admitted, accountCount, accounts } of sites) {
    const shown = accounts?.join(',') ?? `${accountCount} accounts`;
    console.log([siteId, name, admitted ? 'admitted' : 'dismissed', shown].join('\t'));
  }
  if (sites.length === 0) console.error(`No site is admitted to ${contract} yet: "dicom-ledger site admit" does that.`);
}

export async function rotateKey(siteId: number, options: GovernorOptions & { add?: Hex; remove?: Hex }): Promise<void> {
  const { add, remove } = options;
  if ((add === undefined) === (remove === undefined)) {
    throw new LedgerError(
      'bad-request',
      'Give --add with the new account; when the server runs with its keystore, give --remove with the old one.',
    );
  }
  await withConsortium(options, async (consortium) => {
    if (add !== undefined) {
      await consortium.addSiteAccount(siteId, add);
      console.log(
        `${add} is of site ${siteId}, too. Start the site's server with its keystore (SITE_KEYSTORE_FILE); when the old account ` +
          'has nothing on its way any more (/readyz, /metrics), give this command with --remove <old account>.',
      );
    } else if (remove !== undefined) {
      await consortium.removeSiteAccount(siteId, remove);
      console.log(`${remove} is no account of site ${siteId} any more.`);
      const left = (await consortium.listSites()).find((site) => site.siteId === siteId)?.accountCount;
      if (left === 0) console.error(`Site ${siteId} has no account left: it stores nothing until one is added.`);
    }
  });
}
