import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { BLOCK_GAS_LIMIT, cliqueGenesis } from './genesis.js';

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../docker/genesis/${name}`, import.meta.url), 'utf8'));

describe('docker/genesis/clique.json', () => {
  it('is what networks of geth are made with, for one signer and one account to replace', () => {
    const signers = [`0x${'11'.repeat(20)}`];
    const funded = [`0x${'22'.repeat(20)}`];
    expect(read('clique.json')).toEqual(cliqueGenesis({ chainId: 20_261, periodSeconds: 1, signers, funded }));
  });
});

describe('docker/genesis/besu-qbft.json', () => {
  const { genesis } = read('besu-qbft.json') as { genesis: { gasLimit: string; config: Record<string, unknown> } };

  it('has the gas limit of the other networks, so that a block stays below the 10 MB of a message here, too', () => {
    expect(Number(genesis.gasLimit)).toBe(BLOCK_GAS_LIMIT);
  });

  it('has Berlin rules, no base fee, and the size of contract code that all chains know', () => {
    expect(genesis.config).toMatchObject({ berlinBlock: 0, zeroBaseFee: true });
    expect(Object.keys(genesis.config).sort()).toEqual(['berlinBlock', 'chainId', 'qbft', 'zeroBaseFee']);
  });
});
