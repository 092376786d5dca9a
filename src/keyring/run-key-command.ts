import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { LedgerError } from '../base/errors.js';

/** A smart card or a key management far away takes seconds; a person who has to touch a token, more. */
const TIMEOUT_MS = 60_000;
/** Its length has 16 bits in the ring file, and no wrapping is that large. */
const MAX_OUTPUT_BYTES = 16_000;
const MAX_SAID_BYTES = 4096;
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Runs KEY_COMMAND with `wrap` or `unwrap` as its one argument and `input` on its standard input, and gives what it writes to its
 * standard output. Throws `misconfigured` when it can't be run, may be changed by others, fails, takes too long, or gives nothing.
 */
export async function runKeyCommand(
  command: string,
  action: 'wrap' | 'unwrap',
  input: Buffer,
  { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {},
): Promise<Buffer> {
  const failure = (what: string): LedgerError =>
    new LedgerError(
      'misconfigured',
      `KEY_COMMAND "${command}" ${action} ${what}. Try it by hand (docs/operations/keys.md).`,
    );
  const found = await stat(command).catch((error: NodeJS.ErrnoException) => {
    throw failure(`cannot be run (${error.code})`);
  });
  if ((found.mode & WRITABLE_BY_OTHERS) !== 0)
    throw failure('may be changed by other users, who would get the keys: run chmod go-w on it');
  return new Promise((resolve, reject) => {
    const child = spawn(command, [action], { stdio: 'pipe' });
    const output: Buffer[] = [];
    let outputBytes = 0;
    let said = '';
    const give = (error: LedgerError): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      reject(error);
    };
    const timer = setTimeout(() => give(failure(`has not ended within ${timeoutMs / 1000} s`)), timeoutMs);
    child.stdout.on('data', (bytes: Buffer) => {
      output.push(bytes);
      outputBytes += bytes.length;
      if (outputBytes > MAX_OUTPUT_BYTES) give(failure(`has given more than ${MAX_OUTPUT_BYTES} bytes`));
    });
    child.stderr.on('data', (bytes: Buffer) => {
      if (said.length < MAX_SAID_BYTES) said += bytes.toString('utf8');
    });
    child.once('error', (error: NodeJS.ErrnoException) => give(failure(`cannot be run (${error.code})`)));
    // It may end before it has read all: its exit code says what that means.
    child.stdin.on('error', () => undefined);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code !== 0) reject(failure(`has ended with ${signal ?? `exit code ${code}`}${shown(said)}`));
      else if (outputBytes === 0) reject(failure('has given nothing on its standard output'));
      else resolve(Buffer.concat(output));
    });
    child.stdin.end(input);
  });
}

/** The last line of what a program has said of its failure, without what could be a key. */
function shown(said: string): string {
  const line = said.trim().split('\n').at(-1) ?? '';
  const harmless = line.replace(/[\w+/=-]{32,}/g, '…').replace(/\p{C}/gu, ' ');
  return harmless === '' ? '' : `, and says: ${harmless.slice(0, 200)}`;
}
