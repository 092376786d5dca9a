import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerError } from '../base/errors.js';
import { withTimeout } from '../base/with-timeout.js';
import type { NetworkProcess } from './network.js';
import { requireFree } from './ports.js';

export interface ProgramOptions {
  /** For people: `site-1's node`. */
  name: string;
  command: string;
  args: readonly string[];
  /** The whole environment. */
  environment: Record<string, string | undefined>;
  logFile: string;
  /** Ports it will listen on, with their interface. */
  ports: readonly { port: number; host: string }[];
  /** Whether it works; one that rejects does not yet. */
  isReady: () => Promise<boolean>;
  timeoutMs: number;
  /** Talks to it by its standard input and output; without this both are closed and go to the log. */
  talk?: (child: ChildProcess) => void;
  /** Called whenever it has started or ended. */
  changed?: (() => void) | undefined;
  /** Called when it has ended though nobody stopped it: with a signal's name or an exit code. */
  lost?: ((how: string) => void) | undefined;
}

/** A question that is never answered is asked again after so long. */
const ASKED_MS = 10_000;

const running = new Set<ChildProcess>();
// Whatever ends this process in order or by an error ends its programs. Only SIGKILL gives no time for it.
process.on('exit', () => running.forEach((child) => child.kill('SIGTERM')));

/** A program that is started and stopped again and again. Nothing runs before `start`. */
export function openProgram(options: ProgramOptions): NetworkProcess {
  const { name, logFile, changed = () => undefined } = options;
  let child: ChildProcess | undefined;
  let stopped: ChildProcess | undefined;

  async function ready(started: ChildProcess): Promise<void> {
    const end = Date.now() + options.timeoutMs;
    while (child === started) {
      const asked = withTimeout(options.isReady(), ASKED_MS, () => new Error('It does not answer.'));
      if (await asked.catch(() => false)) return;
      if (Date.now() > end) {
        started.kill('SIGKILL');
        throw new LedgerError(
          'unavailable',
          `${name} is not ready after ${options.timeoutMs} ms; its log is ${logFile}.`,
        );
      }
      await sleep(50);
    }
    throw new LedgerError('unavailable', `${name} ended before it was ready; its log, ${logFile}, says why.`);
  }

  return {
    logFile,
    get pid() {
      return child?.pid;
    },
    start: async () => {
      if (child) return;
      for (const { port, host } of options.ports) await requireFree(port, name, host);
      await mkdir(path.dirname(logFile), { recursive: true, mode: 0o700 });
      const log = await open(logFile, 'a', 0o600);
      const pipes = options.talk ? ('pipe' as const) : undefined;
      // Its own process group: Ctrl-C reaches this process alone, which then stops all in order.
      const started = spawn(options.command, options.args, {
        env: options.environment,
        stdio: [pipes ?? 'ignore', pipes ?? log.fd, log.fd],
        detached: true,
      });
      child = started;
      running.add(started);
      const ended = (how: string): void => {
        running.delete(started);
        if (child === started) child = undefined;
        changed();
        if (stopped !== started) options.lost?.(how);
      };
      started.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`));
      started.once('error', ({ message }) => ended(message));
      await log.close();
      options.talk?.(started);
      changed();
      await ready(started);
    },
    stop: async (signal = 'SIGTERM') => {
      if (!child) return;
      stopped = child;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}
