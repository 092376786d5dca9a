import { describe, expect, it } from '@jest/globals';
import { countActiveSites } from './active-sites.js';
import type { ChainStep, LedgerEvent } from '../ledger.js';

function block(number: bigint, ...events: [LedgerEvent['kind'], number][]): ChainStep {
  const position = { blockNumber: number, logIndex: 0 };
  return {
    kind: 'block',
    block: { number, hash: '0x00' },
    parentHash: '0x00',
    timestamp: number,
    events: events.map(([kind, siteId]) => ({ kind, siteId, position }) as LedgerEvent),
  };
}

describe('countActiveSites', () => {
  it('counts the own site always, and each that announces or seals once', () => {
    const sites = countActiveSites({ ownSiteId: () => 1 });
    expect(sites.count).toBe(1);
    sites.see(block(1n, ['announced', 2], ['sealed', 2], ['announced', 1], ['sealed', 3], ['retired', 4]));
    expect(sites.count).toBe(3);
  });

  it('counts a site for 60 blocks', () => {
    const sites = countActiveSites({ ownSiteId: () => 1 });
    sites.see(block(100n, ['announced', 2]));
    sites.see(block(159n));
    expect(sites.count).toBe(2);
    sites.see(block(160n));
    expect(sites.count).toBe(1);
  });
});
