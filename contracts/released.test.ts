import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { keccak256 } from 'ethers';
import { governor, newestRelease, siteA, TestLedger } from './testing/ledger.js';

describe('the newest release', () => {
  it('is what the contracts compile to', () => {
    const script = fileURLToPath(new URL('../scripts/compile-contracts.mjs', import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  }, 180_000);

  it('has the same code wherever and by whomever it is deployed, within the limit of EIP-170', async () => {
    const { codeHash, runtimeCode } = newestRelease();
    expect(keccak256(runtimeCode)).toBe(codeHash);
    for (const deployer of [
      [governor.address, '', []],
      [siteA.address, 'Site A', [siteA.address]],
    ] as const) {
      const [who, name, accounts] = deployer;
      const ledger = await TestLedger.deploy(who, name, [...accounts]);
      const code = await ledger.code(ledger.address);
      expect(keccak256(code)).toBe(codeHash);
      expect(code.length).toBeLessThanOrEqual(24_576);
    }
  });
});
