import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { PROJECT_ROOT } from '../../src/base/project-root.js';

/** What a line between two sites is like, in each direction. */
export interface Line {
  delayMs: number;
  /** Share of the packets that are lost by chance. */
  loss: number;
  bytesPerSecond: number;
}

/** What the lines have carried. */
export interface Carried {
  Packets: number;
  Bytes: number;
  LostByChance: number;
  LostInQueue: number;
  LostByCut: number;
}

export interface DelayLine {
  /** Nothing that is from or for the device arrives any more. */
  cut(device: string): Promise<void>;
  heal(device: string): Promise<void>;
  count(): Promise<Carried>;
  close(): Promise<void>;
}

const SOURCE = path.join(PROJECT_ROOT, 'bench', 'wan', 'delay-line');

/** Starts `delay-line` (its documentation is in its source) with a device of each name, which has each address. */
export async function openDelayLine(line: Line, devices: Readonly<Record<string, string>>): Promise<DelayLine> {
  const options = { delay: `${line.delayMs}ms`, loss: line.loss, 'bytes-per-second': line.bytesPerSecond };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const program = spawn(build(), [...args, ...Object.entries(devices).map((one) => one.join('='))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
  async function answer(): Promise<string> {
    const next = (await answers.next()) as IteratorResult<string, undefined>;
    if (next.done) throw new Error('The delay line has ended: what is above says why.');
    return next.value;
  }
  let last: Promise<unknown> = answer();
  function command(text: string): Promise<string> {
    const answered = last.then(() => {
      program.stdin.write(`${text}\n`);
      return answer();
    });
    last = answered;
    return answered;
  }
  await last;
  return {
    cut: async (device) => void (await command(`cut ${device}`)),
    heal: async (device) => void (await command(`heal ${device}`)),
    count: async () => JSON.parse(await command('count')) as Carried,
    close: async () => {
      const ended = once(program, 'exit');
      program.stdin.end();
      await ended;
    },
  };
}

/** The program, built once of each source. */
function build(): string {
  const texts = readdirSync(SOURCE).map((file) => readFileSync(path.join(SOURCE, file)));
  const digest = createHash('sha256').update(Buffer.concat(texts)).digest('hex').slice(0, 12);
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache');
  const program = path.join(cache, 'dicom-ledger', `delay-line-${digest}`, 'delay-line');
  if (!existsSync(program)) execFileSync('go', ['build', '-o', program, '.'], { cwd: SOURCE, stdio: 'inherit' });
  return program;
}
