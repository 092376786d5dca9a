import type { Command } from 'commander';
import type { Hex } from '../ledger/ethereum/hex.js';
import {
  addressesOf,
  addressOf,
  type GovernorOptions,
  hoursOf,
  siteIdOf,
  timeOf,
  withContractOptions,
  withKeyOptions,
} from './chain-options.js';
import { lazily } from './lazily.js';

const load = () => import('./site.js');

const as = (command: Command, whose: string): Command => withKeyOptions(withContractOptions(command), whose);

/** Sites and their accounts. What governors do here is a proposal in release 2. */
export function addSiteCommands(program: Command): void {
  const site = program.command('site').description('the sites of a consortium');
  withContractOptions(site.command('list'))
    .description('number, name, state and accounts of every site')
    .action(lazily(async () => (await load()).showSites));
  withContractOptions(site.command('rings'))
    .description('the rings that a site has opened, and with whom it shares them (release 2)')
    .argument('<siteId>', 'number of the site', siteIdOf)
    .action(lazily(async () => (await load()).showRings));
  addGovernorsCommands(site);
  addAccountsCommands(site);
}

function addGovernorsCommands(site: Command): void {
  as(site.command('admit'), 'a governor')
    .description('let a new site store; in release 2, propose it')
    .argument('<name>', 'stands on the chain for every member to read')
    .option('--account <address>', 'release 1: of its key ("key new" prints it); once or more', addressesOf)
    .option('--champion <address>', 'release 2: of the key of a person who speaks for it; once or more', addressesOf)
    .action(lazily(async () => (await load()).admitSite));
  as(site.command('dismiss'), 'a governor')
    .description('let a site store no more; its images stay; in release 2, propose it')
    .argument('<siteId>', 'number of the site', siteIdOf)
    .option(
      '--hidden-since <time>',
      'release 2: hide what it has announced since (ISO 8601, 90 days back at most)',
      timeOf,
    )
    .action(lazily(async () => (await load()).dismissSite));
  const propose = async () => (await load()).proposeForSite;
  as(site.command('rename'), 'a governor')
    .description('propose another name (release 2)')
    .argument('<siteId>', 'number of the site', siteIdOf)
    .argument('<name>', 'the new one')
    .action(async (siteId: number, name: string, options: GovernorOptions) =>
      (await propose())('renameSite', siteId, [name], options),
    );
  as(site.command('readmit'), 'a governor')
    .description('propose to undo a dismissal, and what it hides (release 2)')
    .argument('<siteId>', 'number of the site', siteIdOf)
    .action(async (siteId: number, options: GovernorOptions) => (await propose())('readmitSite', siteId, [], options));
  as(site.command('add-champion'), 'a governor')
    .description('propose a champion of a site, which can join then (release 2)')
    .argument('<siteId>', 'number of the site', siteIdOf)
    .argument('<account>', 'address of the champion', addressOf)
    .action(async (siteId: number, account: Hex, options: GovernorOptions) =>
      (await propose())('nameChampion', siteId, [account], options),
    );
  as(site.command('fund'), 'a governor')
    .description('give an account more to pay gas with; where the signers give fees back, nobody needs it')
    .argument('<account>', 'of a site', addressOf)
    .option('--hours <hours>', 'so many hours of full blocks', hoursOf, 1)
    .action(lazily(async () => (await load()).fundAccount));
}

function addAccountsCommands(site: Command): void {
  for (const role of ['writer', 'champion'] as const)
    as(site.command(`name-${role}`), 'a champion')
      .description(`let an account join this champion's site as a ${role} (release 2)`)
      .argument('<account>', 'its address', addressOf)
      .action(async (account: Hex, options: GovernorOptions) => (await load()).nameAccount(account, role, options));
  as(site.command('remove-account'), 'a champion of the site, or a governor')
    .description('take a writer from the site; by a governor propose it, of champions too (release 2)')
    .argument('<siteId>', 'number of the site', siteIdOf)
    .argument('<account>', 'its address', addressOf)
    .action(lazily(async () => (await load()).removeAccount));
  as(site.command('join'), 'the account that was named')
    .description('take up the role that this account was named for (release 2)')
    .argument('<siteId>', 'number of the site', siteIdOf)
    .action(lazily(async () => (await load()).joinSite));
  as(site.command('leave'), 'the account')
    .description("give this account's role up (release 2)")
    .action(lazily(async () => (await load()).leaveSite));
  as(site.command('rotate-key'), 'a governor, or of an idle account of this site')
    .description('give a site a new account, then take the old one from it (release 1)')
    .argument('<siteId>', 'number of the site', siteIdOf)
    .option('--add <address>', 'first, while the server runs with the old key', addressOf)
    .option(
      '--remove <address>',
      'then, when the server runs with the new key and has finished what the old one sent',
      addressOf,
    )
    .action(lazily(async () => (await load()).rotateKey));
}
