import type { Choices } from './choices.js';
import { TRANSFER_SYNTAXES } from './hostile-values.js';
import { randomText } from './random-text.js';

const MEDIA_TYPES = (
  '*/* * image/* image/jpeg image/png image/jls image/dicom+jp2 application/dicom application/dicom+json application/json ' +
  'application/octet-stream application/zip multipart/related multipart/* text/html application/dicom+xml video/mp4 a/b/c a; /'
).split(' ');

/** The value of an Accept header: media types that exist and some that do not, with parameters that are mostly wrong. */
export function randomAccept(random: Choices): string {
  const member = (): string => {
    const parameters = Array.from({ length: random.whole(0, 3) }, () => {
      const name = random.pick(['q', 'type', 'transfer-syntax', 'charset', 'Q', '', randomText(random, 20)]);
      const value = random.pick([
        String(random.next()),
        random.pick(['0', '1', '-1', '2', 'NaN', '1e-400', '']),
        `"${random.pick(MEDIA_TYPES)}; transfer-syntax=${random.pick(TRANSFER_SYNTAXES)}"`,
        random.pick(MEDIA_TYPES),
        random.pick([...TRANSFER_SYNTAXES, '*']),
        randomText(random, 100),
      ]);
      return `;${random.pick(['', ' '])}${name}=${value}`;
    });
    return `${random.once(10) ? randomText(random, 200) : random.pick(MEDIA_TYPES)}${parameters.join('')}`;
  };
  const count = random.once(50) ? random.magnitude(5000) + 1 : random.whole(1, 5);
  return Array.from({ length: count }, member).join(random.pick([',', ', ', ' ,', ';']));
}
