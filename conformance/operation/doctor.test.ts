// About 20 s.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { serveAnswers } from '../../src/doctor/testing/serve-answers.js';
import { openEmbeddedChain } from '../../src/ledger/embedded/embedded-chain.js';
import { createKeystore } from '../../src/ledger/keys/keystore.js';
import type { Hex } from '../../src/ledger/ethereum/hex.js';
import { serveChain } from '../testing/chain-over-http.js';
import { runCommand } from '../testing/command-line.js';
import { startServer, type RunningServer } from '../testing/server.js';

interface Finding {
  check: string;
  verdict: 'ok' | 'warning' | 'fault';
  says: string;
  toDo?: string;
}

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-doctor-command-'));
const at = (name: string): string => path.join(folder, name);

/** Runs the command as somebody would whose environment has these settings. */
async function doctor(environment: Record<string, string>): Promise<{ code: number | null; findings: Finding[] }> {
  const { code, stdout, stderr } = await runCommand(['doctor', '--json'], environment);
  expect(stderr).toBe('');
  const { verdict, findings } = JSON.parse(stdout) as { verdict: string; findings: Finding[] };
  expect(code).toBe(verdict === 'fault' ? 1 : 0);
  return { code, findings };
}
const faults = (findings: readonly Finding[]): string[] =>
  findings.filter(({ verdict }) => verdict === 'fault').map(({ check, says }) => `${check}: ${says}`);
const of = (findings: readonly Finding[], check: string): Finding[] => findings.filter((one) => one.check === check);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('dicom-ledger doctor beside a server', () => {
  let server: RunningServer;
  let environment: Record<string, string>;
  beforeAll(async () => {
    server = await startServer();
    environment = { DATA_DIR: server.dataFolder, PORT: new URL(server.url).port };
  });
  afterAll(async () => {
    await server.stop();
  });

  it('finds no fault where there is none, and the server still has its folder', async () => {
    const { code, findings } = await doctor(environment);
    expect([code, faults(findings)]).toEqual([0, []]);
    expect(of(findings, 'server')).toMatchObject([
      { verdict: 'warning', says: expect.stringMatching(/^The keys of this archive have no backup/) },
      { verdict: 'ok', says: expect.stringMatching(/is ready\.$/) },
    ]);
    expect(of(findings, 'catalogue')).toMatchObject([
      { says: expect.stringMatching(/^The catalogue has [\d.]+ MiB\.$/) },
    ]);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });

  it('prints a line for each finding, what to do below it, and no secret', async () => {
    const { stdout } = await runCommand(['doctor'], { ...environment, SITE_KEY: '7'.repeat(64), MIN_FREE_BYTES: String(2 ** 50) }); // prettier-ignore
    expect(stdout).toMatch(/^fault {4}disk {8}The disk of DATA_DIR .*\n {21}-> Make room\.$/m);
    expect(stdout).toMatch(/^\d+ ok, \d+ warnings, 1 faults\.$/m);
    expect(stdout).not.toContain('7777');
  });

  it('reads settings from a file', async () => {
    writeFileSync(at('server.env'), `PORT=none\nDATA_DIR=${server.dataFolder}\n`);
    const { code, stdout } = await runCommand(['doctor', '--settings', at('server.env')], environment);
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/^fault {4}settings .*PORT="none" is not a whole number/m),
    ]);
    expect((await runCommand(['doctor', '--settings', at('absent.env')])).stderr).toMatch(/absent\.env cannot be read/);
  });
});

describe('dicom-ledger doctor without a server, or with one that is ill', () => {
  it('finds that no server runs, and looks at all else', async () => {
    const { findings } = await doctor({ DATA_DIR: at('new'), PORT: '1' });
    expect(faults(findings)).toEqual([]);
    expect(of(findings, 'server')[0]!.says).toMatch(/^No server runs at 127\.0\.0\.1:1, and the port is free\.$/);
  });

  it('finds another program at the port', async () => {
    const other = await serveAnswers((_request, response) => response.end('hello'));
    const { findings } = await doctor({ DATA_DIR: at('new'), PORT: String(other.port) });
    expect(faults(findings)).toEqual([`server: Something else than dicom-ledger answers at 127.0.0.1:${other.port}.`]);
    await other.close();
  });

  it('passes on why a server cannot store', async () => {
    const env = { MIN_FREE_BYTES: String(2 ** 50) };
    const full = await startServer({ env, readyStatus: 503 });
    const { findings } = await doctor({ ...env, DATA_DIR: full.dataFolder, PORT: new URL(full.url).port });
    expect(faults(findings).map((one) => one.split(':')[0])).toEqual(['disk', 'server']);
    await full.stop();
  });
});

describe('dicom-ledger doctor at a site of a network', () => {
  let chain: Awaited<ReturnType<typeof openEmbeddedChain>>;
  let node: Awaited<ReturnType<typeof serveChain>>;
  let contract: string;
  const account: Record<string, Hex> = {};
  const files = (who: string): { file: string; passwordFile: string } => ({ file: at(`${who}.json`), passwordFile: at(`${who}.password`) }); // prettier-ignore
  const settings = (over: Record<string, string> = {}): Record<string, string> => ({
    DATA_DIR: at('site-data'),
    PORT: '1',
    LEDGER_URL: node.url,
    LEDGER_CONTRACT: contract,
    CONSORTIUM_KEY_FILE: at('consortium.key'),
    SITE_KEYSTORE_FILE: files('site').file,
    SITE_PASSWORD_FILE: files('site').passwordFile,
    ...over,
  });

  beforeAll(async () => {
    writeFileSync(at('consortium.key'), `${'5'.repeat(64)}\n`, { mode: 0o600 });
    for (const who of ['governor', 'site', 'stranger']) account[who] = await createKeystore(files(who));
    chain = await openEmbeddedChain({
      folder: at('chain'),
      periodMs: 0,
      genesisAccounts: [account['governor']!, account['site']!],
    });
    node = await serveChain(chain);
    const { file, passwordFile } = files('governor');
    const key = ['--url', node.url, '--keystore', file, '--password-file', passwordFile];
    const deployed = await runCommand(['deploy', '--release', '1', ...key, '--governor', account['stranger']!]);
    contract = /0x[0-9a-fA-F]{40}/.exec(deployed.stdout)?.[0] ?? deployed.stderr;
    const admitted = await runCommand([
      'site',
      'admit',
      'North',
      '--account',
      account['site']!,
      '--contract',
      contract,
      ...key,
    ]);
    expect([admitted.code, admitted.stderr]).toEqual([0, '']);
  }, 120_000);
  afterAll(async () => {
    await node?.close();
    await chain?.close();
  });

  it('takes an admitted site, and warns of a contract that every member can read', async () => {
    const { findings } = await doctor(settings());
    expect(faults(findings)).toEqual([]);
    expect(of(findings, 'contract').map(({ verdict, says }) => `${verdict}: ${says}`)).toEqual([
      expect.stringMatching(/^warning: 0x\S+ is release 1 of the contract: every member can read/),
      `ok: The account ${account['site']} is of site 1.`,
      expect.stringMatching(/^ok: (Gas is free|The account can pay)/),
    ]);
  });

  it('finds an account that no governor has admitted', async () => {
    const { file, passwordFile } = files('stranger');
    const { findings } = await doctor(settings({ SITE_KEYSTORE_FILE: file, SITE_PASSWORD_FILE: passwordFile }));
    expect(faults(findings)).toEqual([`contract: The account ${account['stranger']} is of no admitted site: nothing can be stored.`]); // prettier-ignore
  });

  it('finds a contract that is none', async () => {
    const { findings } = await doctor(settings({ LEDGER_CONTRACT: `0x${'12'.repeat(20)}` }));
    expect(faults(findings)).toEqual([expect.stringMatching(/^contract: There is no contract at 0x1212/)]);
  });

  it('finds settings that do not go together', async () => {
    const { findings } = await doctor({ DATA_DIR: at('new'), LEDGER_URL: node.url });
    expect(faults(findings)).toEqual([expect.stringMatching(/^settings: .*LEDGER_CONTRACT is unset/)]);
    expect(faults((await doctor(settings({ LEDGER_URL: `${node.url},nowhere` }))).findings)).toEqual([
      'settings: URL 2 of LEDGER_URL is none of http(s):// or ws(s)://.',
    ]);
  });

  it('finds a node that has stopped', async () => {
    await node.close();
    const { findings } = await doctor(settings());
    expect(faults(findings).map((one) => one.split(':')[0])).toEqual(['node 1', 'contract']);
  });
});
