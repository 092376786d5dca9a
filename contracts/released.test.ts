import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { keccak256 } from 'ethers';
import { TestConsortium } from './testing/consortium.js';
import { TestImages } from './testing/images.js';
import { governor, siteA, TestLedger } from './testing/ledger.js';
import { released } from './testing/released.js';
import { account } from './testing/test-chain.js';

/** EIP-170. */
const MAX_CODE_BYTES = 24_576;

describe('what is released', () => {
  it('is what the contracts compile to', () => {
    const script = fileURLToPath(new URL('../scripts/compile-contracts.mjs', import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  }, 180_000);

  it('has the same code wherever and by whomever it is deployed, within the limit of EIP-170: release 1', async () => {
    const { codeHash, runtimeCode } = released('ImageLedger');
    expect(keccak256(runtimeCode)).toBe(codeHash);
    for (const deployer of [
      [governor.address, '', []],
      [siteA.address, 'Site A', [siteA.address]],
    ] as const) {
      const [who, name, accounts] = deployer;
      const ledger = await TestLedger.deploy(who, name, [...accounts]);
      const code = await ledger.code(ledger.address);
      expect(keccak256(code)).toBe(codeHash);
      expect(code.length).toBeLessThanOrEqual(MAX_CODE_BYTES);
    }
  });

  it('has the same code wherever and by whomever it is deployed, within the limit of EIP-170: release 2', async () => {
    const trial = { founders: [account(50)], waitSeconds: 0n, siteName: '', writers: [], champions: [] };
    const consortia = [await TestConsortium.deploy(), await TestConsortium.deploy(trial)];
    const deployed = [...consortia, await TestImages.deploy(consortia[0]!), await TestImages.deploy(consortia[1]!)];
    const names = ['Consortium', 'Consortium', 'Images', 'Images'] as const;
    for (const [i, { chain, address }] of deployed.entries()) {
      const { codeHash, runtimeCode } = released(names[i]!);
      const code = await chain.code(address);
      expect(keccak256(code)).toBe(codeHash);
      expect(keccak256(runtimeCode)).toBe(codeHash);
      expect(code.length).toBeLessThanOrEqual(MAX_CODE_BYTES);
    }
  });
});
