import type { LedgerEvent } from '../../src/ledger/ledger.js';
import { openSiteLedger } from '../../src/ledger/open-site-ledger.js';
import { silentLog } from '../../src/base/log.js';

/**
 * The previews of the first `count` images that were announced on the embedded chain in `dataFolder`, read from the chain
 * itself and checked against their hashes. Its server has to be stopped.
 */
export async function chainPreviews({ dataFolder, count }: { dataFolder: string; count: number }): Promise<Buffer[]> {
  const ledger = await openSiteLedger({
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
  const walk = new AbortController();
  const announced: Extract<LedgerEvent, { kind: 'announced' }>[] = [];
  try {
    for await (const step of ledger.follow({ after: undefined, hashAt: () => undefined, signal: walk.signal })) {
      if (step.kind === 'block')
        announced.push(...step.events.flatMap((event) => (event.kind === 'announced' ? [event] : [])));
      if (announced.length >= count) break;
    }
    return await Promise.all(announced.map(({ preview }) => ledger.readBody(preview)));
  } finally {
    walk.abort();
    await ledger.close();
  }
}
