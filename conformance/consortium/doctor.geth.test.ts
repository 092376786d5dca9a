import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import type { Network } from '../../src/network/network.js';
import { startNetwork } from '../../src/network/start-network.js';
import { runCommand } from '../testing/command-line.js';
import { settingsOf } from '../testing/network-under-test.js';
import { gethUnderTest } from '../../src/network/testing/build-geth.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-doctor-geth-'));
let network: Network;

beforeAll(async () => {
  const binary = gethUnderTest();
  network = await startNetwork({ sites: 3, folder, binary, onlyChain: true });
}, 240_000);
afterAll(async () => {
  await network?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What it says of the first site, as `verdict check: sentence`, with both nodes. */
async function doctor(): Promise<string[]> {
  const [site, other] = network.sites;
  const { code, stdout } = await runCommand(['doctor', '--json'], {
    ...settingsOf(network, [site!.node.ws, other!.node.rpc]),
    DATA_DIR: path.join(folder, 'doctored'),
    PORT: '1',
    SITE_KEYSTORE_FILE: site!.keystoreFile,
    SITE_PASSWORD_FILE: site!.passwordFile,
  });
  const said = JSON.parse(stdout) as { verdict: string; findings: Record<'check' | 'verdict' | 'says', string>[] };
  expect(code).toBe(said.verdict === 'fault' ? 1 : 0);
  return said.findings.map(({ check, verdict, says }) => `${verdict} ${check}: ${says}`);
}

describe('dicom-ledger doctor at a site with geth', () => {
  it('finds no fault at nodes that seal, know each other, and have no known holes', async () => {
    const isConnected = (one: string): boolean => /^ok node 2: .* is connected to 2 other nodes\.$/.test(one);
    const found = await until('the nodes to know each other', async () => {
      const all = await doctor();
      return all.some(isConnected) && all;
    }, { timeoutMs: 180_000 }); // prettier-ignore
    expect(found.filter((one) => one.startsWith('fault'))).toEqual([]);
    for (const node of ['node 1', 'node 2']) {
      expect(found).toContainEqual(expect.stringMatching(`^ok ${node}: Block \\d+ of .*: the chain goes on\\.$`));
      expect(found).toContainEqual(
        expect.stringMatching(`^ok ${node}: .*dicomledger.*, with the known holes closed\\.$`),
      );
      expect(found).toContainEqual(
        expect.stringMatching(`^ok ${node}: This clock and that of the node at .* agree\\.$`),
      );
    }
    expect(found).toContainEqual(expect.stringMatching(/^ok contract: The account 0x\S+ is of site 1\.$/));
    expect(found).toContainEqual(expect.stringMatching(/^ok contract: The account can pay for \d+ minutes/));
    expect(found).toContainEqual(expect.stringMatching(/^ok JSON-RPC: .* not to be had at other addresses/));
  }, 240_000);
});
