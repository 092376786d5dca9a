import type { Command } from 'commander';
import { PERMISSIONS } from '../access/principal.js';
import { listAccessKeys, newAccessKey, revokeAccessKey, type AccessKeyOptions } from './access-key.js';
import { loginLink } from './login-link.js';
import { findServer } from './server-address.js';

type Called<T> = T & { url: string; tokenFile?: string };
type Option = readonly [flags: string, description: string, ...rest: string[]];

/** The commands by which whoever runs a server lets people and programs in. `options` say which server, and what lets us in. */
export function addAccessCommands(program: Command, options: readonly Option[]): void {
  const atServer = (command: Command): Command =>
    options.reduce((chained, [flags, description, value]) => chained.option(flags, description, value), command);
  const several = (value: string, before: string[] = []): string[] => [...before, ...value.split(',')];

  atServer(program.command('login-link'))
    .description('print a link that logs a browser of this machine in: once, within 15 minutes')
    .action(async ({ url, tokenFile }: Called<object>) => loginLink({ server: await findServer(url, tokenFile) }));

  const key = program.command('access-key').description('API keys by which programs use a running server');
  atServer(key.command('new'))
    .description('make a key and print it')
    .argument('<name>', 'for people: what uses it')
    .requiredOption('--permission <names>', `what it may do, of ${PERMISSIONS.join(', ')}`, several)
    .option('--sees <labels>', 'labels of the studies that it sees; without, all studies', several)
    .option('--sets-label <labels>', 'labels that the studies get which it stores', several)
    .option('--network <networks>', 'from where it may be used, as 10.2.0.0/16; without, from everywhere', several)
    .option('--expires-in-days <days>', '1 to 3650; without, it does not expire')
    .action(async (name: string, { url, tokenFile, ...rest }: Called<AccessKeyOptions>) =>
      newAccessKey(name, { server: await findServer(url, tokenFile), ...rest }),
    );
  atServer(key.command('list'))
    .description('all keys, without their secrets')
    .action(async ({ url, tokenFile }: Called<object>) => listAccessKeys({ server: await findServer(url, tokenFile) }));
  atServer(key.command('revoke'))
    .description('let a key in no more, from now on')
    .argument('<id>', 'of the key, as "access-key list" shows it')
    .action(async (id: string, { url, tokenFile }: Called<object>) =>
      revokeAccessKey(id, { server: await findServer(url, tokenFile) }),
    );
}
