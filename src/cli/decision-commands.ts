import { type Command, Option } from 'commander';
import type { Hex } from '../ledger/ethereum/hex.js';
import {
  type GovernorOptions,
  hexWordOf,
  siteIdOf,
  textsOf,
  timeOf,
  wholeNumberOf,
  withContractOptions,
  withKeyOptions,
} from './chain-options.js';
import { lazily } from './lazily.js';

const asGovernor = (command: Command): Command => withKeyOptions(withContractOptions(command), 'a governor');

const onRulings = () => import('./ruling.js');
const onIssuers = () => import('./issuer.js');
const onErasures = () => import('./erasure.js');

const REASONS = { quality: 113_001, safety: 113_037, worklist: 113_038, expired: 113_039 } as const;

/** What governors of release 2 decide about images, issuers of patient IDs and erasures. */
export function addDecisionCommands(program: Command): void {
  const ruling = program.command('ruling').description('what governors decide about images of any site (release 2)');
  withContractOptions(ruling.command('list'))
    .description('image, number and content of the newest ruling on each')
    .action(lazily(async () => (await onRulings()).showRulings));
  asGovernor(ruling.command('retire'))
    .description('propose to take an image out of use')
    .argument('<imageId>', 'as the server gives it', hexWordOf)
    .addOption(
      new Option('--reason <reason>', 'of PS3.16 CID 7011').choices(Object.keys(REASONS)).makeOptionMandatory(),
    )
    .action(async (imageId: Hex, { reason, ...options }: GovernorOptions & { reason: keyof typeof REASONS }) =>
      (await onRulings()).proposeRuling(imageId, REASONS[reason], options),
    );
  asGovernor(ruling.command('restore'))
    .description('propose to take it into use again')
    .argument('<imageId>', 'as the server gives it', hexWordOf)
    .action(async (imageId: Hex, options: GovernorOptions) => (await onRulings()).proposeRuling(imageId, 0, options));
  asGovernor(ruling.command('carry-out'))
    .description('carry the newest ruling on an image out; "proposal execute" does so by itself')
    .argument('<imageId>', 'as the server gives it', hexWordOf)
    .action(lazily(async () => (await onRulings()).carryOutRuling));

  const issuer = program.command('issuer').description('which site speaks for which issuer of patient IDs (release 2)');
  withContractOptions(issuer.command('list'))
    .description('of each issuer the hash of its name, or the name, and its site')
    .option('--issuer <name>', 'a name that one may have; once or more', textsOf)
    .action(lazily(async () => (await onIssuers()).showIssuers));
  asGovernor(issuer.command('assign'))
    .description('propose which site speaks for an issuer')
    .argument('<issuer>', 'its name, as in Issuer of Patient ID (0010,0021)')
    .argument('<siteId>', 'number of the site; 0: none any more', wholeNumberOf(0, 2 ** 32 - 1))
    .action(lazily(async () => (await onIssuers()).assignIssuer));

  const erasure = program.command('erasure').description('orders that studies be erased (release 2)');
  withContractOptions(erasure.command('list'))
    .description('number, site, state, studies and times of each order')
    .action(lazily(async () => (await onErasures()).showErasures));
  withKeyOptions(withContractOptions(erasure.command('cancel')), 'a governor, or a champion of its site')
    .description('end an order that is not executed yet')
    .argument('<orderId>', 'number of the order', wholeNumberOf(1, 2 ** 47))
    .action(lazily(async () => (await onErasures()).cancelErasure));
  asGovernor(erasure.command('allow'))
    .description('propose how many studies a site may order to be erased a day, instead of 100')
    .argument('<siteId>', 'number of the site', siteIdOf)
    .requiredOption('--per-day <studies>', 'on one day (UTC)', wholeNumberOf(0, 2 ** 32 - 1))
    .requiredOption('--until <time>', 'ISO 8601', timeOf)
    .action(lazily(async () => (await onErasures()).allowErasures));
}
