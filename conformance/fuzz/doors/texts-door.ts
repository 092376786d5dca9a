import { inlineAs } from '../../../dist/http/message/content-disposition.js';
import { frameNumbers } from '../../../dist/http/wado/frames.js';
import { requireUid } from '../../../dist/http/message/resource.js';
import { readAcquisition, readFileName, requirePatientId } from '../../../dist/http/stow/upload-parameters.js';
import { only, require } from '../allowed.mjs';
import { randomText } from '../random-text.mjs';

/** Everything that stands in a URL, a form or a header and is read on its own. */
const readers = {
  frameNumbers,
  requireUid,
  readAcquisition,
  readFileName,
  requirePatientId,
  inlineAs: (text) => require(/^[\x20-\x7e]*$/.test(inlineAs(readFileName(text))), 'A header is not printable ASCII.'),
};

export async function openDoor() {
  return {
    make: (random) => ({
      label: random.pick(Object.keys(readers)),
      bytes: Buffer.from(random.once(3) ? numberLike(random) : randomText(random, 60_000), 'utf8'),
    }),
    run: ({ label, bytes }) => only(['bad-request'], async () => readers[label](bytes.toString('utf8'))),
    close: async () => undefined,
  };
}

function numberLike(random) {
  const pieces = [
    '0',
    '1',
    '20240229',
    'T',
    '12',
    ':',
    '59',
    '.',
    ',',
    '-',
    '+',
    '/',
    '2.25',
    'Z',
    ' ',
    '..',
    'a.jpg',
    '\\',
    'é',
  ];
  return Array.from({ length: random.magnitude(2000) + 1 }, () => random.pick(pieces)).join('');
}
