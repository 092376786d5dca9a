import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand } from '../testing/command-line.js';
import { ctSlice } from '../testing/make-dicom.js';

const MiB = 2 ** 20;
const instanceBytes = 384 * MiB;
/** Node itself and what it has compiled take about half of it. */
const mostBytes = 320 * MiB;

const servers: Server[] = [];
const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-memory-'));
let receivedBytes = 0;
let from: string;
let to: string;

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An archive of one large instance, made of equal blocks. */
async function archive(): Promise<string> {
  const block = Buffer.alloc(MiB, 7);
  const hash = createHash('sha256');
  for (let sent = 0; sent < instanceBytes; sent += MiB) hash.update(block);
  const uids = { SOPInstanceUID: '1.2.3', SeriesInstanceUID: '1.2', StudyInstanceUID: '1.1' };
  const record = {
    ...uids,
    state: 'sealed',
    patientKey: '0x',
    mediaType: 'application/dicom',
    byteCount: instanceBytes,
  };
  const text = JSON.stringify({ ...record, sha256: hash.digest('hex') });
  return listen((request, response) => {
    if (request.url === '/ledger/instances') response.end(`${JSON.stringify(uids)}\n`);
    else if (request.url === '/ledger/instances/1.2.3') response.end(text);
    else
      void (async () => {
        for (let sent = 0; sent < instanceBytes; sent += MiB) if (!response.write(block)) await once(response, 'drain');
        response.end();
      })();
  });
}

beforeAll(async () => {
  from = await archive();
  to = await listen((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(request.url === '/healthz' ? 200 : 404).end();
      return;
    }
    request.on('data', (chunk: Buffer) => (receivedBytes += chunk.length));
    request.on('end', () => {
      response.writeHead(200, { 'Content-Type': 'application/dicom+json' });
      response.end(JSON.stringify({ '00081199': { vr: 'SQ', Value: [{}] } }));
    });
  });
});
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a command to its end; the most memory that it had, in bytes. */
async function peakOf(args: string[]): Promise<number> {
  receivedBytes = 0;
  // Not resourceUsage().maxRSS: that counts what this process had when it forked.
  const telling =
    'import{readFileSync as r}from"node:fs";process.on("exit",()=>console.error(r("/proc/self/status","latin1")))';
  const { code, stdout, stderr } = await runCommand(args, {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(telling)}`,
  });
  expect(stdout).toMatch(/^1 stored, 0 already there, 0 refused;/m);
  expect(code).toBe(0);
  expect(receivedBytes).toBe(instanceBytes);
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(stderr)?.[1]) * 1024;
}

describe('A large instance is never in memory as a whole', () => {
  it('in dicom-ledger copy', async () => {
    expect(await peakOf(['copy', '--from', from, '--to', to])).toBeLessThan(mostBytes);
  });

  it('in dicom-ledger store', async () => {
    const file = path.join(folder, 'large.dcm');
    writeFileSync(file, ctSlice({}, { size: 16 }));
    truncateSync(file, instanceBytes);
    expect(await peakOf(['store', file, '--url', to])).toBeLessThan(mostBytes);
  });
});
