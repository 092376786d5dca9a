import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Find, require } from './allowed.mjs';

const main = path.resolve(import.meta.dirname, '../../dist/cli/main.js');
const slowMs = 5_000;
const giveUpMs = 30_000;
export const maxInstanceBytes = 4 * 1024 * 1024;

/** The server is not what it was: nothing more can be found out with it. */
class Fatal extends Find {
  isFatal = true;
}

/**
 * A server of its own on the embedded chain, in the process group of whoever calls.
 * `ask` sends one request and resolves with {status, headers, bytes}; an answer that takes longer than 5 s, also when asked again,
 * one that breaks off (unless it may) and a server that has ended are finds.
 */
export async function startServer() {
  const dataFolder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-fuzz-server-'));
  const child = spawn(process.execPath, [main, 'serve'], {
    env: {
      PATH: process.env.PATH,
      MIN_FREE_BYTES: '0',
      PORT: '0',
      DATA_DIR: dataFolder,
      MAX_INSTANCE_BYTES: String(maxInstanceBytes),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = [];
  const keep = (line) => {
    if (!/"level":([4-6]0)|^[^{]/.test(line)) return;
    errors.push(line);
    errors = errors.slice(-5);
  };
  let ended;
  child.on('exit', (code, signal) => (ended = `The server has ended with ${signal ?? code}. ${errors.join('\n')}`));
  createInterface({ input: child.stderr }).on('line', keep);
  const url = await new Promise((resolve, reject) => {
    child.on('exit', () => reject(new Fatal(ended)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      keep(line);
      if (line.includes('"dicom-ledger is ready."')) resolve(JSON.parse(line).listensAt);
    });
  });
  const agent = new http.Agent({ keepAlive: true });
  const once = async (request) => {
    const answer = await exchange({ url, agent, ended: () => ended }, request);
    if (answer.status < 500) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { ...answer, logged: errors.splice(0).join('\n') };
  };
  const ask = async (request) => {
    const first = await once(request);
    if (first.tookMs <= slowMs) return first;
    const again = await once(request);
    require(again.tookMs <= slowMs, `The answer took ${first.tookMs} ms, and ${again.tookMs} ms when asked again.`);
    return again;
  };
  while ((await ask({ path: '/readyz' })).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
  return {
    url,
    ask,
    dataFolder,
    pid: child.pid,
    /** What the server has logged as errors since the last call. */
    takeErrors: async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return errors.splice(0).join('\n');
    },
    requireAlive: () => {
      if (ended) throw new Fatal(ended);
    },
    /** Resident memory now, in bytes. */
    rssBytes: () => 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]),
    stop: async () => {
      agent.destroy();
      if (!ended) {
        const exit = new Promise((resolve) => child.on('exit', resolve));
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), giveUpMs);
        await exit;
        clearTimeout(timer);
      }
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

function exchange({ url, agent, ended }, { method = 'GET', path, headers = {}, body, mayBreakOff = false }) {
  const begun = Date.now();
  return new Promise((resolve, reject) => {
    const fail = (sentence) => {
      // Whether the server lives shows a moment after its socket has closed.
      setTimeout(
        () => reject(ended() ? new Fatal(ended()) : new Find(`${method} ${path.slice(0, 300)}: ${sentence}`)),
        300,
      );
    };
    const request = http.request(url + path, { method, headers, agent, timeout: giveUpMs, path });
    request.on('response', (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      const finish = () => {
        const { statusCode: status, headers } = response;
        resolve({ status, headers, bytes: Buffer.concat(chunks), tookMs: Date.now() - begun });
      };
      response.on('error', (error) =>
        mayBreakOff ? finish() : fail(`The answer ${response.statusCode} breaks off: ${error.message}.`),
      );
      response.on('end', finish);
    });
    request.on('timeout', () => request.destroy(new Error(`no byte for ${giveUpMs} ms`)));
    request.on('error', (error) => {
      // The server may have closed an idle connection in the moment in which it is used again.
      const isLate = error.code === 'ECONNRESET' && request.reusedSocket;
      if (isLate) resolve(exchange({ url, agent: false, ended }, { method, path, headers, body }));
      else fail(error.message);
    });
    request.end(body);
  });
}

/** Throws a Find unless the status is one of those that the door may give. */
export function requireStatus(answer, allowed, what) {
  const { status, bytes, logged = '' } = answer;
  require(allowed.includes(
    status,
  ), `${what.slice(0, 300)} is answered ${status}: ${bytes.toString('utf8').slice(0, 300)} ${logged.slice(0, 1500)}`);
}
