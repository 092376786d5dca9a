import { inlineAs } from '../../../src/http/uploads/store-images.js';
import { requireUid } from '../../../src/http/message/find-instances.js';
import { readAcquisition, readFileName, requirePatientId } from '../../../src/http/stow/read-image-parameters.js';
import { frameNumbers } from '../../../src/http/wado/retrieve-frames.js';
import type { Choices } from '../choices.js';
import type { Door } from '../door.js';
import { requireThat, throwsOnly } from '../find.js';
import { randomText } from '../random-text.js';

/** Everything that stands in a URL, a form or a header and is read on its own. */
const readers: Record<string, (text: string) => unknown> = {
  frameNumbers,
  requireUid,
  readAcquisition,
  readFileName,
  requirePatientId,
  inlineAs: (text) =>
    requireThat(/^[\x20-\x7e]*$/.test(inlineAs(readFileName(text))), 'A header is not printable ASCII.'),
};

/** Pieces of dates, frame lists, UIDs and file names. */
const PIECES = [
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

/** Text through what reads it: a value, or 400. */
export async function openTextsDoor(): Promise<Door> {
  return {
    make: (random) => ({
      label: random.pick(Object.keys(readers)),
      bytes: Buffer.from(random.once(3) ? numberLike(random) : randomText(random, 60_000), 'utf8'),
    }),
    run: ({ label, bytes }) => throwsOnly(['bad-request'], () => readers[label]!(bytes.toString('utf8'))),
    close: async () => undefined,
  };
}

function numberLike(random: Choices): string {
  return Array.from({ length: random.magnitude(2000) + 1 }, () => random.pick(PIECES)).join('');
}
