import { type Command, Option } from 'commander';
import {
  addressesOf,
  addressOf,
  withChainOptions,
  withContractOptions,
  withKeyOptions,
  wholeNumberOf,
} from './chain-options.js';
import { addDecisionCommands } from './decision-commands.js';
import { keyAddress, newConsortiumKey, newKey } from './key.js';
import { lazily } from './lazily.js';
import { addProposalCommands } from './proposal-commands.js';
import { addSiteCommands } from './site-commands.js';

/** The commands of those who run a consortium: keys, contracts, sites, governors, and what governors decide. */
export function addConsortiumCommands(program: Command): void {
  const key = program.command('key').description('make and look at keys');
  withKeyOptions(key.command('new'), 'the new key; never overwritten')
    .description('make a key in an encrypted keystore, and a password file if there is none; prints the address')
    .action(newKey);
  withKeyOptions(key.command('address'), 'the key').description('print the address of a keystore').action(keyAddress);
  key
    .command('consortium')
    .description('make the key that all sites of a consortium share, once (release 1)')
    .requiredOption('--file <file>', 'where it goes; never overwritten')
    .action(newConsortiumKey);

  withKeyOptions(withChainOptions(program.command('deploy')), 'the first governor')
    .description('put the contracts of a consortium on a chain, with its governors; again gives the same')
    .addOption(
      new Option('--release <number>', 'of the contracts: 2 encrypts; what is written to 1, all members read for ever')
        .choices(['1', '2'])
        .default('2'),
    )
    .option(
      '--governor <address>',
      'another governor, of a key that somebody else keeps; twice or more (release 1: once)',
      addressesOf,
    )
    .option(
      '--wait-hours <hours>',
      'how long changes of governors, dismissals and erasures wait: 72 to 336',
      wholeNumberOf(72, 336),
      72,
    )
    .option('--trial', 'nothing waits, and one governor is enough; a server on a network refuses it')
    .option('--site-name <name>', 'of the first site, whose accounts act without joining')
    .option('--writer <address>', "of its server's key", addressesOf)
    .option('--champion <address>', 'of the key of a person who speaks for it', addressesOf)
    .action(lazily(async () => (await import('./deploy.js')).deploy));

  addSiteCommands(program);
  addGovernorCommands(program);
  addProposalCommands(program);
  addDecisionCommands(program);
}

function addGovernorCommands(program: Command): void {
  const load = () => import('./governor.js');
  const asGovernor = (command: Command): Command => withKeyOptions(withContractOptions(command), 'a governor');
  const governor = program.command('governor').description('the governors of a consortium');
  withContractOptions(governor.command('list'))
    .description('their addresses, and which of them are to be replaced')
    .action(lazily(async () => (await load()).showGovernors));
  asGovernor(governor.command('add'))
    .description('let another key govern; in release 2, propose it')
    .argument('<address>', 'of its key', addressOf)
    .action(lazily(async () => (await load()).addGovernor));
  asGovernor(governor.command('remove'))
    .description('let a key govern no more; in release 2, propose it')
    .argument('<address>', 'of its key', addressOf)
    .action(lazily(async () => (await load()).removeGovernor));
  asGovernor(governor.command('replace'))
    .description('propose that another key govern in place of one')
    .argument('<address>', 'of the one', addressOf)
    .argument('<successor>', 'address of the other', addressOf)
    .action(lazily(async () => (await load()).replaceGovernor));
  asGovernor(governor.command('start-replacement'))
    .description('begin to replace a governor whose key is lost: without a vote, if none objects for 30 days')
    .argument('<lost>', 'address of the lost key', addressOf)
    .argument('<successor>', 'address of the new one', addressOf)
    .action(lazily(async () => (await load()).startReplacement));
  asGovernor(governor.command('object-to-replacement'))
    .description('end a replacement; also by the one that is to be replaced')
    .argument('<lost>', 'address of the key that was said to be lost', addressOf)
    .action(lazily(async () => (await load()).objectToReplacement));
  asGovernor(governor.command('execute-replacement'))
    .description('replace a governor to whose replacement none has objected')
    .argument('<lost>', 'address of the lost key', addressOf)
    .action(lazily(async () => (await load()).executeReplacement));
}
