import { describe, expect, it } from '@jest/globals';
import { keccak256 } from 'ethers';
import { account } from './testing/test-chain.js';
import { TestConsortium, unreleased } from './testing/consortium.js';
import { TestImages } from './testing/images.js';

/** EIP-170, and what is to be left for repairs until the release. */
const [MAX_CODE_BYTES, LEAST_ROOM] = [24_576, 2_000];

describe('the contracts that are not released yet', () => {
  it('have the same code wherever and by whomever they are deployed, with room to the limit of EIP-170', async () => {
    const trial = { founders: [account(50)], waitSeconds: 0n, siteName: '', writers: [], champions: [] };
    const consortia = [await TestConsortium.deploy(), await TestConsortium.deploy(trial)];
    const deployed = [...consortia, await TestImages.deploy(consortia[0]!), await TestImages.deploy(consortia[1]!)];
    const names = ['Consortium', 'Consortium', 'Images', 'Images'] as const;
    for (const [i, { chain, address }] of deployed.entries()) {
      const { codeHash, runtimeCode } = unreleased(names[i]!);
      const code = await chain.code(address);
      expect(keccak256(code)).toBe(codeHash);
      expect(keccak256(runtimeCode)).toBe(codeHash);
      expect(code.length).toBeLessThanOrEqual(MAX_CODE_BYTES - LEAST_ROOM);
    }
  });
});
