// Starts the compiled server for a measurement, on a folder and a port of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { serverMemory } from '../dist/network/open-server.js';

const entry = path.resolve(import.meta.dirname, '../dist/cli/main.js');

/**
 * `rss` in MB; `kill` is SIGKILL, `end` SIGTERM; `restart` starts anew on the same folder; `stop` ends it and deletes the folder.
 * @returns {Promise<{url: string, folder: string, pid: number, rss(): {nowMB: number, peakMB: number}, kill(): Promise<void>, end(): Promise<void>, restart(): Promise<any>, stop(): Promise<void>}>}
 */
export async function startServer({ environment = {}, folder = newFolder() } = {}) {
  const child = spawn(process.execPath, [...serverMemory.options, entry, 'serve'], {
    env: {
      ...process.env,
      ...serverMemory.environment,
      DATA_DIR: folder,
      PORT: '0',
      LOG_LEVEL: 'info',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (bytes) => {
      text += bytes;
      const found = /"url":"([^"]+)"/.exec(text);
      if (found) resolve(found[1]);
    });
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}: ${text}`)));
  });
  const megabytes = (name) =>
    Math.round(
      Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024,
    );
  const endBy = async (signal) => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  };
  return {
    url,
    folder,
    pid: child.pid,
    rss: () => ({ nowMB: megabytes('VmRSS'), peakMB: megabytes('VmHWM') }),
    kill: () => endBy('SIGKILL'),
    end: () => endBy('SIGTERM'),
    restart: () => startServer({ environment, folder }),
    stop: async () => {
      await endBy('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const newFolder = () => mkdtempSync(path.join(tmpdir(), 'dicom-ledger-bench-'));

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
