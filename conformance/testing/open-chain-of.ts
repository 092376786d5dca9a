import { silentLog } from '../../src/base/log.js';
import type { Ledger, LedgerEvent } from '../../src/ledger/ledger.js';
import { openSiteLedger } from '../../src/ledger/open-site-ledger.js';

/** Opens the embedded chain in a server's `dataFolder`. The server has to be stopped. */
export function openChainOf(dataFolder: string): Promise<Ledger> {
  return openSiteLedger({
    dataFolder,
    urls: undefined,
    contracts: undefined,
    siteKey: { keystoreFile: undefined, passwordFile: undefined, rawKey: undefined },
    depths: { sealed: undefined, final: undefined },
    formerSites: new Map(),
    poolBytes: 7_340_032,
    pieceBytes: 30_720,
    embeddedPeriodMs: 0,
    log: silentLog,
  });
}

/** All events of the chain, up to where its head is now. */
export async function eventsOf(ledger: Ledger): Promise<LedgerEvent[]> {
  const walk = new AbortController();
  const events: LedgerEvent[] = [];
  const { head } = await ledger.health({ maxAgeMs: 0 });
  const { signal } = walk;
  for await (const step of ledger.follow({ after: undefined, hashAt: () => undefined, signal })) {
    if (step.kind === 'block') events.push(...step.events);
    if (step.kind === 'block' && step.block.number >= (head?.number ?? 0n)) break;
  }
  walk.abort();
  return events;
}
