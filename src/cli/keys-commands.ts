import { type Command, InvalidArgumentError } from 'commander';
import type { KeysBackupOptions, KeysOptions, KeysRestoreOptions } from './keys.js';

const DATA_OPTION = ['--data <folder>', 'the data folder of the server; DATA_DIR unless given'] as const;
const SETTINGS_OPTION = ['--settings <file>', 'settings, one NAME=value a line, as a service gets them'] as const;

/** The commands on the keys by which this archive is read. They are about the files of this machine, and ask no server. */
export function addKeysCommands(program: Command): void {
  const keys = program.command('keys').description('the keys without which nobody can read this archive');
  keys
    .command('status')
    .description('which rings there are, how they are kept, and whether their backup is in order')
    .option(...DATA_OPTION)
    .option(...SETTINGS_OPTION)
    .action(async (options: KeysOptions) => (await import('./keys.js')).keysStatus(options));
  keys
    .command('backup')
    .description('write a backup of all rings, and print the words that open it; a server may run meanwhile')
    .argument('[file]', 'a new file, on another disk than DATA_DIR; it is of no use without the words')
    .option('--shares', 'print the key as three shares, of which any two open the backup, instead of words')
    .option(
      '--copies-kept <n>',
      'of the words of the last backup, or how many of its shares: so many are kept now, in different places',
      count,
    )
    .option(...DATA_OPTION)
    .option(...SETTINGS_OPTION)
    .action(async (file: string | undefined, options: KeysBackupOptions) =>
      (await import('./keys.js')).keysBackup(file, options),
    );
  keys
    .command('restore')
    .description('bring the rings of a backup into DATA_DIR; the words, or two shares, are read from standard input')
    .argument('<file>', 'what "keys backup" has written')
    .option('--merge', 'also where there are rings already: those that are missing are added, no other is changed')
    .option('--check', 'only say whether the words open it, and what is in it')
    .option(...DATA_OPTION)
    .option(...SETTINGS_OPTION)
    .action(async (file: string, options: KeysRestoreOptions) =>
      (await import('./keys.js')).keysRestore(file, options),
    );
}

function count(value: string): number {
  if (!/^\d{1,3}$/.test(value)) throw new InvalidArgumentError('It is a number of copies, as 2.');
  return Number(value);
}
