import { negotiate } from '../../../dist/http/message/accept.js';
import { parseMediaRanges } from '../../../dist/http/message/media-range.js';
import { only, require } from '../allowed.mjs';
import { transferSyntaxes } from '../hostile-values.mjs';
import { randomText } from '../random-text.mjs';

const types = (
  '*/* * image/* image/jpeg image/png image/jls image/dicom+jp2 application/dicom application/dicom+json application/json ' +
  'application/octet-stream multipart/related multipart/* text/html application/dicom+xml video/mp4 a/b/c a; /'
).split(' ');

const offers = [
  'application/dicom',
  'application/octet-stream',
  'image/jpeg',
  'image/jls',
  'application/dicom+json',
].flatMap((mediaType) =>
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
export async function openDoor() {
  return {
    make: (random) => {
      const header = acceptHeader(random);
      const query = random.once(3) ? `?accept=${encodeURIComponent(acceptHeader(random).replace(/\p{Cs}/gu, ''))}` : '';
      return { label: query.slice(0, 60_000), bytes: Buffer.from(header, 'latin1') };
    },
    run: async ({ label, bytes }) => {
      const accept = bytes.toString('latin1');
      const ranges = await only([], async () => parseMediaRanges(accept));
      for (const { q, mediaType } of ranges)
        require(q >= 0 && q <= 1 && mediaType.includes('/'), `A range of q ${q} and type "${mediaType}" was read.`);
      const request = { originalUrl: `/dicom-web/studies/1${label}`, headers: { accept } };
      const chosen = await only(['not-acceptable'], async () => negotiate(request, offers));
      require(chosen === undefined || offers.includes(chosen), 'Something was chosen that is not offered.');
    },
    close: async () => undefined,
  };
}

export function acceptHeader(random) {
  const member = () => {
    const parameters = Array.from({ length: random.whole(0, 3) }, () => {
      const name = random.pick(['q', 'type', 'transfer-syntax', 'charset', 'Q', '', randomText(random, 20)]);
      const value = random.pick([
        String(random.next()),
        random.pick(['0', '1', '-1', '2', 'NaN', '1e-400', '']),
        `"${random.pick(types)}; transfer-syntax=${random.pick(transferSyntaxes)}"`,
        random.pick(types),
        random.pick([...transferSyntaxes, '*']),
        randomText(random, 100),
      ]);
      return `;${random.pick(['', ' '])}${name}=${value}`;
    });
    return `${random.once(10) ? randomText(random, 200) : random.pick(types)}${parameters.join('')}`;
  };
  const count = random.once(50) ? random.magnitude(5000) + 1 : random.whole(1, 5);
  return Array.from({ length: count }, member).join(random.pick([',', ', ', ' ,', ';']));
}
