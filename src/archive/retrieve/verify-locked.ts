import { isCorruptForEver, LedgerError } from '../../base/errors.js';
import type { LockedPlace, RingQueries } from '../../catalog/ring-queries.js';
import type { Ledger } from '../../ledger/ledger.js';
import { pieceCount } from '../../pieces/pieces.js';
import type { Archive } from '../archive.js';
import { bodyOfTexts, headerAndPreviewOfText } from '../body-text.js';
import { createDigestedPieces } from './digested-pieces.js';

const LISTED_TOGETHER = 1000;

/** What a site that has no key for them can say of images: which are sealed, and whether they are on the chain as they were announced. */
export function createVerifyLocked({
  ledger,
  catalog,
}: {
  ledger: Pick<Ledger, 'readPieces' | 'readBody' | 'branch'>;
  catalog: Pick<RingQueries, 'lockedImages' | 'lockedImage'>;
}): Pick<Archive, 'lockedImages' | 'verifyLocked'> {
  return {
    lockedImages: async function* () {
      for (let after: LockedPlace | undefined; ;) {
        const images = await catalog.lockedImages({ limit: LISTED_TOGETHER, ...(after && { after }) });
        for (const { imageId, siteId } of images) yield { imageId, siteId };
        after = images.at(-1);
        if (images.length < LISTED_TOGETHER) return;
      }
    },
    verifyLocked: async (imageId) => {
      const { branch } = ledger;
      const image = await catalog.lockedImage(imageId);
      if (!image)
        throw new LedgerError(
          'not-found',
          `There is no sealed image ${imageId} without its key here; what there is a key for is verified by its SOP Instance UID.`,
        );
      const { header, preview } = headerAndPreviewOfText(image.announcedBodies);
      const instance = bodyOfTexts(image);
      const announced = { block: image.announcedBlock, branch };
      const problems = [
        await smallBodyProblem(ledger, { name: 'header', body: header, since: announced }),
        await smallBodyProblem(ledger, { name: 'preview', body: preview, since: announced }),
        (await createDigestedPieces(ledger, instance, { block: image.sealedBlock, branch }).fault())?.detail,
      ];
      return {
        byteCount: instance.byteCount,
        pieceCount: pieceCount(instance.byteCount, instance.pieceBytes),
        problems: problems.filter((problem) => problem !== undefined),
      };
    },
  };
}

/** What is wrong with a header or preview, as a sentence. Rejects for what may pass. */
async function smallBodyProblem(
  ledger: Pick<Ledger, 'readBody'>,
  {
    name,
    body,
    since,
  }: { name: string; body: Parameters<Ledger['readBody']>[0]; since: Parameters<Ledger['readBody']>[1] },
): Promise<string | undefined> {
  try {
    await ledger.readBody(body, since);
    return undefined;
  } catch (error) {
    if (isCorruptForEver(error)) return `Its ${name}: ${error.message}`;
    throw error;
  }
}
