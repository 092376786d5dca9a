// Starts the compiled server for a measurement, on a folder and a port of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const entry = path.resolve(import.meta.dirname, '../dist/cli/main.js');

/** @returns {Promise<{url: string, folder: string, rss(): {nowMB: number, peakMB: number}, stop(): Promise<void>}>} */
export async function startServer(environment = {}) {
  const folder = mkdtempSync(path.join(process.env.BENCH_DIR ?? tmpdir(), 'dicom-ledger-bench-'));
  const child = spawn(process.execPath, [entry, 'serve'], {
    env: { ...process.env, MALLOC_ARENA_MAX: '2', DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'info', ...environment },
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
    Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024;
  return {
    url,
    folder,
    rss: () => ({ nowMB: Math.round(megabytes('VmRSS')), peakMB: Math.round(megabytes('VmHWM')) }),
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
