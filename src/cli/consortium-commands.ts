import type { Command } from 'commander';
import {
  addressesOf,
  addressOf,
  hoursOf,
  siteIdOf,
  withChainOptions,
  withContractOptions,
  withKeyOptions,
} from './chain-options.js';
import { deploy } from './deploy.js';
import { addGovernor, removeGovernor, showGovernors } from './governor.js';
import { keyAddress, newConsortiumKey, newKey } from './key.js';
import { admitSite, dismissSite, fundAccount, rotateKey, showSites } from './site.js';

/** The commands of those who run a consortium: keys, contract, sites, governors. */
export function addConsortiumCommands(program: Command): void {
  const asGovernor = (command: Command): Command => withKeyOptions(withContractOptions(command), 'a governor');

  const key = program.command('key').description('make and look at keys');
  withKeyOptions(key.command('new'), 'the new key; never overwritten')
    .description('make a key in an encrypted keystore, and a password file if there is none; prints the address')
    .action(newKey);
  withKeyOptions(key.command('address'), 'the key').description('print the address of a keystore').action(keyAddress);
  key
    .command('consortium')
    .description('make the key that all sites of a consortium share, once')
    .requiredOption('--file <file>', 'where it goes; never overwritten')
    .action(newConsortiumKey);

  withKeyOptions(withChainOptions(program.command('deploy')), 'the first governor')
    .description('put the newest contract on a chain, with at least two governors; again gives the same')
    .option('--governor <address>', 'another governor, of a key that somebody else keeps; once or more', addressesOf)
    .action(deploy);

  const site = program.command('site').description('the sites of a consortium');
  asGovernor(site.command('admit'))
    .description('let a new site store')
    .argument('<name>', 'stands on the chain for every member to read')
    .requiredOption('--account <address>', 'of its key ("key new" prints it); once or more', addressesOf)
    .action(admitSite);
  asGovernor(site.command('dismiss'))
    .description('let a site store no more; its images stay')
    .argument('<siteId>', 'number of the site', siteIdOf)
    .action(dismissSite);
  asGovernor(site.command('fund'))
    .description('give an account more to pay gas with; where the signers give fees back, nobody needs it')
    .argument('<account>', 'of a site', addressOf)
    .option('--hours <hours>', 'so many hours of full blocks', hoursOf, 1)
    .action(fundAccount);
  withContractOptions(site.command('list'))
    .description('number, name, state and accounts of every site')
    .action(showSites);
  withKeyOptions(withContractOptions(site.command('rotate-key')), 'a governor, or of an idle account of this site')
    .description('give a site a new account, then take the old one from it')
    .argument('<siteId>', 'number of the site', siteIdOf)
    .option('--add <address>', 'first, while the server runs with the old key', addressOf)
    .option(
      '--remove <address>',
      'then, when the server runs with the new key and has finished what the old one sent',
      addressOf,
    )
    .action(rotateKey);

  const governor = program.command('governor').description('the governors of a consortium');
  withContractOptions(governor.command('list')).description('their addresses').action(showGovernors);
  asGovernor(governor.command('add'))
    .description('let another key govern')
    .argument('<address>', 'of its key', addressOf)
    .action(addGovernor);
  asGovernor(governor.command('remove'))
    .description('let a key govern no more; the last cannot leave')
    .argument('<address>', 'of its key', addressOf)
    .action(removeGovernor);
}
