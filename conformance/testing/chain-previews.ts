import { announcedImage } from '../../src/archive/project/announced-image.js';
import { createBodySecrets, encryptedImageOf } from '../../src/archive/secrecy/body-secrets.js';
import { decryptSmallBody } from '../../src/archive/secrecy/small-body.js';
import { readConfig } from '../../src/config.js';
import { openSiteKeyring } from '../../src/open-site-keyring.js';
import { ROLE } from '../../src/secrecy/body-keys.js';
import { eventsOf, openChainOf } from './open-chain-of.js';

/**
 * The previews of the first `count` images that were announced on the embedded chain in `dataFolder`, read from the chain
 * itself, checked against their hashes, and decrypted. Its server has to be stopped.
 */
export async function chainPreviews({ dataFolder, count }: { dataFolder: string; count: number }): Promise<Buffer[]> {
  const ledger = await openChainOf(dataFolder);
  try {
    const events = await eventsOf(ledger);
    const announced = events.flatMap((event) => (event.kind === 'announced' ? [event] : [])).slice(0, count);
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
    await ledger.close();
  }
}
