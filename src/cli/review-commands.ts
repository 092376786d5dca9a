import { InvalidArgumentError, type Command } from 'commander';
import { siteIdOf } from './chain-options.js';
import { listConflicts } from './conflicts.js';
import { decideImage, listQuarantine } from './quarantine.js';
import { decideRetirements, listRetirements } from './retirements.js';
import { findServer } from './server-address.js';

type Called<T> = T & { url: string; tokenFile?: string };
type Option = readonly [flags: string, description: string, ...rest: string[]];

/** The commands by which an admin looks at what other sites announce, and decides on it. */
export function addReviewCommands(program: Command, options: readonly Option[]): void {
  const atServer = (command: Command): Command =>
    options.reduce((chained, [flags, description, value]) => chained.option(flags, description, value), command);

  const quarantine = program
    .command('quarantine')
    .description('what other sites have announced and this one keeps from all answers');
  atServer(quarantine.command('list', { isDefault: true }))
    .description('each on a line: content key, site, reason, state, whether it is refused, what was found')
    .option('--site <number>', 'of that site alone', siteIdOf)
    .action(async ({ url, tokenFile, site }: Called<{ site?: number }>) =>
      listQuarantine({ server: await findServer(url, tokenFile), ...(site !== undefined && { site }) }),
    );
  for (const [verb, what] of [
    ['release', 'let it into all answers; what could not be read is read again'],
    ['refuse', 'keep it there, and end the alarm'],
  ] as const)
    atServer(quarantine.command(verb))
      .description(what)
      .argument('<contentKey>', '64 hex digits, as "quarantine list" shows them')
      .action(async (contentKey: string, { url, tokenFile }: Called<object>) =>
        decideImage(verb, contentKey, { server: await findServer(url, tokenFile) }),
      );

  atServer(program.command('conflicts'))
    .description('UIDs that several sites have, one a line: level, UID, the site that is shown, the others')
    .action(async ({ url, tokenFile }: Called<object>) => listConflicts({ server: await findServer(url, tokenFile) }));

  const retirements = program
    .command('retirements')
    .description('hours in which one site has retired more images than RETIREMENTS_PER_HOUR');
  atServer(retirements.command('list', { isDefault: true }))
    .description('each on a line: site, hour, its beginning in UTC, images, what was decided')
    .action(async ({ url, tokenFile }: Called<object>) =>
      listRetirements({ server: await findServer(url, tokenFile) }),
    );
  for (const [verb, what] of [
    ['accept', 'let them have effect here: the images are gone'],
    ['refuse', 'let them have no effect here: the images stay'],
  ] as const)
    atServer(retirements.command(verb))
      .description(what)
      .argument('<site>', 'its number', siteIdOf)
      .argument('<hour>', 'as "retirements list" shows it: its first second since 1970', hourOf)
      .action(async (site: number, hour: number, { url, tokenFile }: Called<object>) =>
        decideRetirements(verb, { server: await findServer(url, tokenFile), site, hour }),
      );
}

function hourOf(text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new InvalidArgumentError('It has to be a number that "retirements list" gives.');
  return Number(text);
}
