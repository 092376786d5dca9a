import { describe, expect, it } from '@jest/globals';
import { createBlockHeader } from '@ethereumjs/block';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { randomBytes } from 'node:crypto';
import { encodeBlockHeader } from './encode-block-header.js';
import { toHex } from './hex.js';
import { keccak256 } from './keccak256.js';

/** A header by a library, with its fields as a node names them. */
function headerOf(hardfork: Hardfork): { hash: string; block: Record<string, unknown> } {
  const common = new Common({ chain: Mainnet, hardfork });
  const isLater = hardfork !== Hardfork.Berlin;
  const header = createBlockHeader(
    {
      ...{ parentHash: randomBytes(32), stateRoot: randomBytes(32), logsBloom: randomBytes(256) },
      // A byte of zeros in front, an odd number of digits, and nothing at all.
      ...{ number: 0xabcden, gasLimit: 0x100n, gasUsed: 0n, timestamp: 0x6543210fn, mixHash: Buffer.alloc(32, 1) },
      ...(isLater ? {} : { difficulty: 2n, nonce: Buffer.alloc(8) }),
      ...(isLater && { baseFeePerGas: 7n }),
    },
    { common, skipConsensusFormatValidation: true },
  );
  const { uncleHash, coinbase, transactionsTrie, receiptTrie, ...same } = header.toJSON();
  return {
    hash: toHex(header.hash()),
    block: {
      ...same,
      ...{ sha3Uncles: uncleHash, miner: coinbase, transactionsRoot: transactionsTrie, receiptsRoot: receiptTrie },
    },
  };
}

describe('encodeBlockHeader', () => {
  it.each([Hardfork.Berlin, Hardfork.London, Hardfork.Shanghai, Hardfork.Cancun, Hardfork.Prague])(
    'gives what the hash of a block is taken of, by the rules of %s',
    (hardfork) => {
      const { hash, block } = headerOf(hardfork);
      expect(toHex(keccak256(encodeBlockHeader(block)))).toBe(hash);
      expect(toHex(keccak256(encodeBlockHeader({ ...block, gasUsed: '0x1' })))).not.toBe(hash);
    },
  );

  it('refuses what lacks a field, or has one that is no hex', () => {
    const { block } = headerOf(Hardfork.Berlin);
    for (const stateRoot of [undefined, null, 7, 'root'])
      expect(() => encodeBlockHeader({ ...block, stateRoot })).toThrow('stateRoot');
  });
});
