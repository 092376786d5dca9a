import type { Request } from 'express';
import { negotiate } from '../../../src/http/message/negotiate.js';
import { parseMediaRanges } from '../../../src/http/message/media-range.js';
import type { Door } from '../door.js';
import { requireThat, throwsNothing, throwsOnly } from '../find.js';
import { randomAccept } from '../random-accept.js';
import { withoutSurrogates } from '../random-text.js';

const OFFERED_TYPES = [
  'application/dicom',
  'application/octet-stream',
  'image/jpeg',
  'image/jls',
  'application/dicom+json',
];
const OFFERS = OFFERED_TYPES.flatMap((mediaType) =>
  [true, false].flatMap((multipart) =>
    [undefined, ['', '1.2.840.10008.1.2.1'], ['*'], []].map((syntaxes) => ({
      mediaType,
      multipart,
      ...(syntaxes && { transferSyntaxes: syntaxes }),
      value: mediaType,
    })),
  ),
);

/** Accept headers and `accept` parameters: an offer, or 406. */
export async function openAcceptDoor(): Promise<Door> {
  return {
    make: (random) => {
      const header = randomAccept(random);
      const query = random.once(3) ? `?accept=${encodeURIComponent(withoutSurrogates(randomAccept(random)))}` : '';
      return { label: query.slice(0, 60_000), bytes: Buffer.from(header, 'latin1') };
    },
    run: async ({ label, bytes }) => {
      const accept = bytes.toString('latin1');
      const ranges = await throwsNothing(() => parseMediaRanges(accept));
      for (const { q, mediaType } of ranges)
        requireThat(q >= 0 && q <= 1 && mediaType.includes('/'), `A range of q ${q} and type "${mediaType}" was read.`);
      const request = { originalUrl: `/dicom-web/studies/1${label}`, headers: { accept } } as Request;
      const chosen = await throwsOnly(['not-acceptable'], () => negotiate(request, OFFERS));
      const isOffered = chosen === undefined || (OFFERS as readonly (typeof chosen)[]).includes(chosen);
      requireThat(isOffered, 'Something was chosen that is not offered.');
    },
    close: async () => undefined,
  };
}
