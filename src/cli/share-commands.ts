import type { Command } from 'commander';
import { ringOf, siteIdOf } from './chain-options.js';
import { findServer } from './server-address.js';

type Called<T> = T & { url: string; tokenFile?: string };
type Option = readonly [flags: string, description: string, ...rest: string[]];

/** The commands by which an admin of a running server sees who can read what, and gives more to another site. */
export function addShareCommands(program: Command, options: readonly Option[]): void {
  const atServer = (command: Command): Command =>
    options.reduce((chained, [flags, description, value]) => chained.option(flags, description, value), command);
  const load = () => import('./share.js');

  const share = program.command('share').description('who can read what, and what other sites are given');
  atServer(share.command('list', { isDefault: true }))
    .description('each reader on a line: whose ring, ring, site, what, since when, by whom, acknowledged when')
    .option('--study <StudyInstanceUID>', 'who can read this study of this site')
    .action(async ({ url, tokenFile, study }: Called<{ study?: string }>) =>
      (await load()).listShares(await findServer(url, tokenFile), study),
    );
  atServer(share.command('study'))
    .description('give a site one study of this one, as far as it is stored today; that cannot be taken back')
    .argument('<StudyInstanceUID>')
    .requiredOption('--to <siteId>', 'number of the site', siteIdOf)
    .option('--may-add', 'it may add series to the study')
    .action(async (study: string, { url, tokenFile, to, mayAdd }: Called<{ to: number; mayAdd?: true }>) =>
      (await load()).share(await findServer(url, tokenFile), { study, to, mayAdd: mayAdd ?? false }),
    );
  atServer(share.command('ring'))
    .description('give a site all of an older ring of this one; that cannot be taken back')
    .argument('<ring>', '32 hex digits, as "share list" gives them', ringOf)
    .requiredOption('--to <siteId>', 'number of the site', siteIdOf)
    .action(async (ring: string, { url, tokenFile, to }: Called<{ to: number }>) =>
      (await load()).share(await findServer(url, tokenFile), { ring, to }),
    );
}
