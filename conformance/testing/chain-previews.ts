import { announcedImage } from '../../src/archive/project/announced-image.js';
import { createBodySecrets, encryptedImageOf } from '../../src/archive/secrecy/body-secrets.js';
import { decryptSmallBody } from '../../src/archive/secrecy/small-body.js';
import { readConfig } from '../../src/config.js';
import type { LedgerEvent } from '../../src/ledger/ledger.js';
import { openSiteLedger } from '../../src/ledger/open-site-ledger.js';
import { openSiteKeyring } from '../../src/open-site-keyring.js';
import { ROLE } from '../../src/secrecy/body-keys.js';
import { silentLog } from '../../src/base/log.js';

/**
 * The previews of the first `count` images that were announced on the embedded chain in `dataFolder`, read from the chain
 * itself, checked against their hashes, and decrypted. Its server has to be stopped.
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
    const keyring = await openSiteKeyring(readConfig({ DATA_DIR: dataFolder }), ledger);
    const secrets = createBodySecrets({ chainId: ledger.chainId, ...(keyring && { keyring }) });
    const previews = await Promise.all(
      announced.map(async (event) => {
        const bytes = await ledger.readBody(event.preview);
        const encrypted = encryptedImageOf(announcedImage(event));
        return encrypted
          ? decryptSmallBody(bytes, { keys: secrets.of(encrypted)!.keys(ROLE.preview), role: ROLE.preview })
          : bytes;
      }),
    );
    await keyring?.close();
    return previews;
  } finally {
    walk.abort();
    await ledger.close();
  }
}
