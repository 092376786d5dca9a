import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import type { Account, Accounts } from '../access/accounts/accounts.js';

/**
 * The accounts of people, in the data folder itself: the first one is made before anybody could log in to make it, and whoever may
 * write that folder may do everything anyway. A server that runs sees each change at the next request.
 */
export function addAccountCommands(program: Command): void {
  const account = program
    .command('account')
    .description('people who log in by accounts of this server (npm start -- --accounts); works on DATA_DIR');

  account
    .command('new')
    .description('make an account, and print its password to begin with')
    .argument('<login>', 'what the person writes to log in')
    .requiredOption('--roles <roles>', 'of ACCESS_FILE, or of read, write, retire, audit, admin; with commas')
    .option('--name <name>', 'as others know the person; the login unless given')
    .action(async (login: string, { roles, name = login }: { roles: string; name?: string }) =>
      withAccounts(async (accounts) => {
        const { password } = await accounts.add({ login, name, roles: roles.split(',').map((role) => role.trim()) });
        printPassword(login, password);
      }),
    );

  account
    .command('list')
    .description('everybody who has an account, one a line: login, name, roles, state')
    .action(() => withAccounts(async (accounts) => accounts.list().forEach((one) => console.log(lineOf(one)))));

  account
    .command('roles')
    .description('give an account other roles')
    .argument('<login>')
    .argument('<roles>', 'all that it is to have, with commas')
    .action((login: string, roles: string) =>
      withAccounts(async (accounts) => {
        const changed = accounts.setRoles(login, roles.split(',').map((role) => role.trim())); // prettier-ignore
        console.log(lineOf(changed));
      }),
    );

  account
    .command('password')
    .description('give an account another password to begin with, and end its sessions')
    .argument('<login>')
    .action((login: string) =>
      withAccounts(async (accounts) => printPassword(login, await accounts.resetPassword(login))),
    );

  for (const [verb, isDisabled, what] of [
    ['disable', true, 'let nobody in by an account any more, and end its sessions'],
    ['enable', false, 'let the person of a disabled account in again'],
  ] as const)
    account
      .command(verb)
      .description(what)
      .argument('<login>')
      .action((login: string) =>
        withAccounts(async (accounts) => console.log(lineOf(accounts.setDisabled(login, isDisabled)))),
      );
}

async function withAccounts(work: (accounts: Accounts) => Promise<unknown>): Promise<void> {
  const [{ openAccountsDatabase }, { createAccounts }] = await Promise.all([
    import('../access/accounts/accounts-database.js'),
    import('../access/accounts/accounts.js'),
  ]);
  const folder = path.resolve(process.env['DATA_DIR'] ?? './data');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const database = openAccountsDatabase(folder);
  try {
    await work(createAccounts(database));
  } finally {
    database.close();
  }
}

/** The password alone goes to standard output, for scripts. */
function printPassword(login: string, password: string): void {
  console.log(password);
  console.error(`The password of "${login}" to begin with: the first login asks for another. It is shown this once.`);
}

const lineOf = ({ login, name, roles, isDisabled, mustChange }: Account): string =>
  [login, name, roles.join(','), isDisabled ? 'disabled' : mustChange ? 'new' : 'in use'].join('\t');
