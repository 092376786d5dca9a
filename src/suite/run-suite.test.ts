import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type RequestListener, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openServer } from './ask/server.js';
import { GROUPS } from './groups.js';
import { runSuite, type SuiteRun } from './run-suite.js';

const open: HttpServer[] = [];
afterEach(() => {
  for (const one of open.splice(0)) {
    one.closeAllConnections();
    one.close();
  }
});

/** Runs some groups against a server that answers as it likes. */
async function runOn(listener: RequestListener, groups = GROUPS, timeoutMs = 2_000): Promise<SuiteRun> {
  const http = createServer(listener);
  open.push(http);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const root = `http://127.0.0.1:${(http.address() as AddressInfo).port}/dicom-web`;
  const server = openServer(root, 'secret-token', { timeoutMs, maxBytes: 100_000 });
  try {
    return await runSuite(server, groups, { rowMs: 5_000, runMs: 60_000, onVerdict: () => undefined });
  } finally {
    await server.close();
  }
}

const rowCount = GROUPS.reduce((count, { rows }) => count + rows.length, 0);
const oneRow = (name: string) =>
  GROUPS.map((group) => ({ title: group.title, rows: group.rows.filter((row) => row.name === name) }));

describe('GROUPS', () => {
  const rows = GROUPS.flatMap((group) => group.rows);

  it('has a name of its own and a sentence for each row', () => {
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    expect(rows.filter(({ sentence }) => !/^[A-Z/].*\.$/s.test(sentence) && !/^[a-z]/.test(sentence))).toEqual([]);
  });

  it('cites a section for each row', () => {
    expect(rows.filter(({ section }) => !/§|Table|CWE-|not of the standard/.test(section))).toEqual([]);
  });
});

describe('runSuite', () => {
  it.each<[string, RequestListener]>([
    [
      'garbage of every type',
      (request, response) => {
        const types = ['application/dicom+json', 'multipart/related; boundary=x', 'image/png', 'application/dicom'];
        const type = types[(request.url?.length ?? 0) % types.length] ?? '';
        response.writeHead(200, { 'Content-Type': type }).end('--x\r\n\0[{"00080018":[[null]]}]');
      },
    ],
    [
      'null in JSON',
      (_request, response) => response.writeHead(200, { 'Content-Type': 'application/dicom+json' }).end('[null]'),
    ],
    ['500', (_request, response) => response.writeHead(500).end()],
    ['a connection that ends', (request) => request.socket.destroy()],
  ])('has a verdict for every row of a server that answers with %s', async (_name, listener) => {
    const { verdicts } = await runOn(listener);
    expect(verdicts).toHaveLength(rowCount);
    expect(verdicts.filter(({ outcome }) => outcome === 'failed').length).toBeGreaterThan(150);
  });

  it('fails a row of a server that hangs, in time', async () => {
    const [verdict] = (await runOn(() => undefined, oneRow('accept-any'), 200)).verdicts;
    expect(verdict).toMatchObject({ outcome: 'failed', says: 'No whole answer came within 0.2 s.' });
  });

  it('fails a row of a server whose answer has no end', async () => {
    const endless: RequestListener = (_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384)));
      };
      response.on('drain', more);
      more();
    };
    const [verdict] = (await runOn(endless, oneRow('accept-any'))).verdicts;
    expect(verdict?.outcome).toBe('failed');
    expect(verdict?.says).toMatch(/more than 100000 bytes/);
  });

  it('sends the token to its own origin alone, and leaves it out of every command', async () => {
    let tokens: (string | undefined)[] = [];
    const elsewhere = createServer((request, response) => {
      tokens.push(request.headers.authorization);
      response.end('x');
    });
    open.push(elsewhere);
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const away = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/bulk`;
    const sent: (string | undefined)[] = [];
    const { verdicts } = await runOn((request, response) => {
      sent.push(request.headers.authorization);
      const body = [{ '7FE00010': { vr: 'OW', BulkDataURI: away } }];
      response.writeHead(200, { 'Content-Type': 'application/dicom+json' }).end(JSON.stringify(body));
    }, oneRow('bulk-resolves'));
    expect(sent).toEqual(['Bearer secret-token']);
    expect(tokens).toEqual([undefined]);
    expect(verdicts[0]?.outcome).toBe('failed');
    expect(verdicts[0]?.curl).toContain(away);
    tokens = [];
    const all = (await runOn((_request, response) => response.writeHead(500).end())).verdicts;
    expect(JSON.stringify(all.map(({ curl, says }) => ({ curl, says })))).not.toContain('secret-token');
    expect(all.some(({ curl }) => curl?.includes('$DICOMWEB_TOKEN'))).toBe(true);
  });
});
