#!/usr/bin/env node
import { Command, Option } from 'commander';
import { LedgerError } from '../base/errors.js';
import { addAccessCommands } from './access-commands.js';
import { addAccountCommands } from './account-commands.js';
import type { ConformanceOptions } from './conformance.js';
import { addConsortiumCommands } from './consortium-commands.js';
import { copy } from './copy.js';
import { addKeysCommands } from './keys-commands.js';
import { addLetterCommands } from './letter-commands.js';
import { addNetworkCommands } from './network-commands.js';
import { retire } from './retire.js';
import { addReviewCommands } from './review-commands.js';
import { addShareCommands } from './share-commands.js';
import { findServer } from './server-address.js';
import { type SaidOfImages, store } from './store.js';
import { verify } from './verify.js';

// What this program makes is for its own user alone.
process.umask(0o077);

/** `serve` and `rebuild` load the whole server, which no other command waits for. */
const program = new Command('dicom-ledger')
  .description('A DICOMweb archive whose storage is a permissioned Ethereum chain.')
  .showHelpAfterError();

const URL_OPTION = [
  '--url <url>',
  'the running server',
  process.env['PUBLIC_URL'] ?? `http://127.0.0.1:${process.env['PORT'] ?? '8080'}`,
] as const;

/** A file, since other users of this machine see what stands in a command line. */
const TOKEN_OPTION = [
  '--token-file <file>',
  'what lets us in: an API key or a token; unset, a server of this machine gets the local.token in DATA_DIR',
] as const;

type Called<T> = T & { url: string; tokenFile?: string };

program
  .command('serve')
  .description('start the server; settings come from the environment')
  .option('--accounts', 'let people log in by accounts of this server, as ACCOUNTS=on does')
  .action(async ({ accounts }: { accounts?: true }) => {
    const { serve } = await import('../main.js');
    await serve({ ...process.env, ...(accounts && { ACCOUNTS: 'on' }) });
  });

program
  .command('demo')
  .description('a small archive of made images of several modalities, on the loopback, with the viewer')
  .option('--data <folder>', 'keep it in this folder; a temporary one, which goes at the end, unless given')
  .option('--port <port>', 'where it listens; 8080 unless given, or a free one where that is taken')
  .option('--no-open', 'open no browser')
  .action(async (options: { data?: string; port?: string; open: boolean }) =>
    (await import('./demo.js')).demo(options),
  );

program
  .command('doctor')
  .description(
    'look at this installation, with the settings of the environment, and say what to do; exit code 1 for a fault',
  )
  .option('--json', 'for programs')
  .option('--settings <file>', 'settings, one NAME=value a line, as a service gets them')
  .action(async (options: { json?: true; settings?: string }) => (await import('./doctor.js')).doctor(options));

program
  .command('store')
  .description('send DICOM, JPG and PNG files, or folders of them, to a running server')
  .argument('<paths...>', 'files or folders, in this order; the files of a folder by name')
  .option(...URL_OPTION)
  .option(
    '--patient-id <PatientID>',
    'whose the JPG and PNG files are; without it a metadata.csv (columns patientid, filename, and more) in or above their folder tells',
  )
  .option('--patient-name <PatientName>', 'of the JPG and PNG files: Family^Given; the PatientID unless given')
  .option('--patient-sex <PatientSex>', 'of the JPG and PNG files: M, F or O')
  .option('--patient-birth-date <PatientBirthDate>', 'of the JPG and PNG files: YYYYMMDD')
  .option('--modality <Modality>', 'how the JPG and PNG files were made: CT, DX, MR, …; OT unless given')
  .option('--study-description <StudyDescription>', 'what the JPG and PNG files are about')
  .option('--body-part <BodyPartExamined>', 'what they show: CHEST, KNEE, …')
  .option(...TOKEN_OPTION)
  .action(async (paths: string[], { url, tokenFile, ...options }: Called<{ patientId?: string } & SaidOfImages>) =>
    store(paths, { server: await findServer(url, tokenFile), ...options }),
  );

program
  .command('copy')
  .description(
    'copy every sealed instance of one running server into another, as it was stored; again copies what is missing',
  )
  .requiredOption('--from <url>', 'the server that has them')
  .requiredOption('--to <url>', 'the server that gets them; of another chain, or there is nothing to do')
  .option('--from-token-file <file>', 'what lets us in at --from, as --token-file of the other commands')
  .option('--to-token-file <file>', 'what lets us in at --to')
  .addHelpText(
    'after',
    `
Retired instances stay behind. The two servers should have equal PATIENT_ID_ISSUER and CONSORTIUM_KEY_FILE: with another
consortium key the patients and images get other keys on the chain, with another issuer other patient keys, and
uploaded JPG and PNG files other UIDs, which is said of each.`,
  )
  .action(async ({ from, to, fromTokenFile, toTokenFile }: Record<'from' | 'to', string> & Record<string, string>) =>
    copy({ from: await findServer(from, fromTokenFile), to: await findServer(to, toTokenFile) }),
  );

program
  .command('verify')
  .description('let a running server read an instance from the chain again and check every hash')
  .argument('[SOPInstanceUID]', 'or the image ID (0x…) of what there is no key for here')
  .option('--all', 'every sealed instance, and every sealed image that there is no key for')
  .option(...URL_OPTION)
  .option(...TOKEN_OPTION)
  .action(async (SOPInstanceUID: string | undefined, { url, tokenFile, ...options }: Called<{ all?: boolean }>) =>
    verify(SOPInstanceUID, { server: await findServer(url, tokenFile), ...options }),
  );

program
  .command('retire')
  .description('take an instance out of use; its bytes stay on the chain')
  .argument('<SOPInstanceUID>')
  .requiredOption('--reason <text>', 'stands on the chain for every member to read: no patient data')
  .option(...URL_OPTION)
  .option(...TOKEN_OPTION)
  .action(async (SOPInstanceUID: string, { url, tokenFile, reason }: Called<{ reason: string }>) =>
    retire(SOPInstanceUID, { server: await findServer(url, tokenFile), reason }),
  );

program
  .command('restore')
  .description('take a retirement back: of one instance of this site, or of all that an account has retired')
  .argument('[SOPInstanceUID]')
  .option('--by <account>', 'all that this account of the site has retired: one whose key was stolen')
  .option('--since <time>', 'with --by: no earlier than that, as 2026-11-28T20:00Z')
  .option(...URL_OPTION)
  .option(...TOKEN_OPTION)
  .action(async (SOPInstanceUID: string | undefined, options: Called<{ by?: string; since?: string }>) =>
    (await import('./restore.js')).restore(SOPInstanceUID, {
      ...options,
      server: await findServer(options.url, options.tokenFile),
    }),
  );

program
  .command('audit')
  .description('the record of who used what')
  .command('verify')
  .description('read all of it again, and compare it with what the chain says of it')
  .option('--data <folder>', 'of a server that is stopped; the running one is asked without it')
  .option(...URL_OPTION)
  .option(...TOKEN_OPTION)
  .action(async ({ url, tokenFile, ...options }: Called<{ data?: string }>) =>
    (await import('./audit.js')).auditVerify({ server: await findServer(url, tokenFile), ...options }),
  );

program
  .command('rebuild')
  .description('delete catalogue and cache of DATA_DIR and make them anew from the chain; the server has to be stopped')
  .action(async () => (await import('./rebuild.js')).rebuild());

program
  .command('conformance')
  .description('check any DICOMweb server against PS3.18, row by row, with instances that it makes and stores there')
  .requiredOption('--url <root>', 'the DICOMweb root, below which /studies lies')
  .addOption(
    new Option('--token <token>', 'lets us in; the environment keeps it from other users of this machine').env(
      'DICOMWEB_TOKEN',
    ),
  )
  .option('--report <file>', 'write the report as one HTML page')
  .option('--junit <file>', 'write the report as JUnit XML')
  .option('--remove', 'at the end take away what was stored, by DELETE, where the server offers it')
  .action(async (options: ConformanceOptions) => (await import('./conformance.js')).conformance(options));

addReviewCommands(program, [URL_OPTION, TOKEN_OPTION]);
addAccessCommands(program, [URL_OPTION, TOKEN_OPTION]);
addAccountCommands(program);
addKeysCommands(program);
addLetterCommands(program, [URL_OPTION, TOKEN_OPTION]);
addShareCommands(program, [URL_OPTION, TOKEN_OPTION]);
addConsortiumCommands(program);
addNetworkCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof LedgerError ? error.message : error);
  process.exitCode = 1;
}
