import type { Command } from 'commander';
import type { PublishOptions } from './cards.js';
import { ringOf, siteIdOf, withContractOptions, withKeyOptions } from './chain-options.js';
import type { LetterToWrite } from './letters.js';
import { findServer } from './server-address.js';

type Called<T> = T & { url: string; tokenFile?: string };
type Option = readonly [flags: string, description: string, ...rest: string[]];

/** The commands by which sites give each other rings: cards, for which letters are written, and the letters. */
export function addLetterCommands(program: Command, options: readonly [url: Option, token: Option]): void {
  const atServer = (command: Command): Command =>
    options.reduce((chained, [flags, description, value]) => chained.option(flags, description, value), command);
  const loadCards = () => import('./cards.js');
  const loadLetters = () => import('./letters.js');

  const card = program
    .command('card')
    .description('for which other sites encrypt letters, and whose are believed here');
  atServer(card.command('list', { isDefault: true }))
    .description('each site on a line: number, name, published when, compared or not, where letters go')
    .action(async ({ url, tokenFile }: Called<object>) =>
      (await loadCards()).listCards(await findServer(url, tokenFile)),
    );
  atServer(card.command('show'))
    .description('the card of a site with its fingerprint, to compare it by telephone')
    .argument('<siteId>', 'number of the site; of this one too, to read it out', siteIdOf)
    .action(async (siteId: number, { url, tokenFile }: Called<object>) =>
      (await loadCards()).showCard(await findServer(url, tokenFile), siteId),
    );
  atServer(card.command('compare'))
    .description(
      'say that somebody of that site has read out this fingerprint; later cards of the same champion need it no more',
    )
    .argument('<siteId>', 'number of the site', siteIdOf)
    .argument('<fingerprint...>', 'ten groups of four, as they were read out')
    .action(async (siteId: number, fingerprint: string[], { url, tokenFile }: Called<object>) =>
      (await loadCards()).compareCard(await findServer(url, tokenFile), siteId, fingerprint.join(' ')),
    );
  const [serverUrl, token] = options;
  withKeyOptions(withContractOptions(card.command('publish')), 'a champion of this site')
    .description(
      'let the running server make a card key, and publish its card; letters can be written for it for 30 days',
    )
    .option('--server <url>', serverUrl[1], serverUrl[2])
    .option(token[0], token[1])
    .option('--letters-url <url>', 'where letters are pushed to, if the server does not know it (PUBLIC_URL)')
    .option(
      '--certificate <file>',
      'PEM of the certificate that the URL shows, if the server has it not (TLS_CERT_FILE)',
    )
    .option('--by-file', 'publish no URL: letters come as files')
    .action(async (given: PublishOptions) => (await loadCards()).publishCard(given));

  const letter = program
    .command('letter')
    .description('rings of this site for others, and of others for this one, as files');
  atServer(letter.command('write'))
    .description('write a letter with the keys of a ring that the chain shares with a site')
    .argument('<file>', 'a new file; it is of use to that site alone')
    .requiredOption('--to <siteId>', 'number of the site', siteIdOf)
    .option('--ring <ring>', 'another ring than the one that is written to', ringOf)
    .option('--study <StudyInstanceUID>', 'one study alone')
    .option('--of-site <siteId>', 'a ring of that site, to give it back', siteIdOf)
    .action(async (file: string, { url, tokenFile, ...said }: Called<LetterToWrite>) =>
      (await loadLetters()).writeLetterFile(await findServer(url, tokenFile), file, said),
    );
  atServer(letter.command('take'))
    .description('take a letter of another site in; what it opens is read at once')
    .argument('<file>', 'what came from there')
    .action(async (file: string, { url, tokenFile }: Called<object>) =>
      (await loadLetters()).takeLetterFile(await findServer(url, tokenFile), file),
    );
}
