import { parse } from 'content-type';
import { readMultipart } from '../../../src/http/message/read-multipart.js';
import type { Choices } from '../choices.js';
import type { Door } from '../door.js';
import { requireThat, throwsOnly } from '../find.js';
import { mutateBytes } from '../mutate-bytes.js';
import { randomMultipart } from '../random-multipart.js';
import { randomText } from '../random-text.js';

/** How the body of a part is read: not at all, to its end, or its first chunk. */
const UNREAD = 0;
const FIRST_CHUNK = 2;

interface Label {
  boundary: string;
  /** Bytes of a chunk. */
  step: number;
  how: number;
}

/** Multipart bodies with damaged boundaries, headers and ends, in chunks of any size. */
export async function openMultipartDoor(): Promise<Door> {
  return {
    make: (random) => {
      const boundary = boundaryOf(random);
      const body = randomMultipart(random, boundary);
      const bytes = random.once(4) ? body : mutateBytes(random, body);
      const label: Label = { boundary, step: random.magnitude(5000) + 1, how: random.whole(0, 2) };
      return { label: JSON.stringify(label), bytes };
    },
    run: async ({ label, bytes }) => {
      const byteCount = await readParts(bytes, JSON.parse(label) as Label);
      requireThat(byteCount <= bytes.length, `${byteCount} bytes came out of ${bytes.length}.`);
    },
    close: async () => undefined,
  };
}

/** Reads a body and returns how many bytes its parts gave until its end or its failure. */
async function readParts(bytes: Buffer, { boundary, step, how }: Label): Promise<number> {
  let total = 0;
  await throwsOnly(['bad-request', 'too-large', 'internal'], async () => {
    for await (const { headers, body } of readMultipart(chunks(bytes, step), { boundary })) {
      body.on('error', () => undefined);
      for (const [name, value] of headers) parse(`${name}; ${value}`);
      if (how === UNREAD) continue;
      await throwsOnly(['bad-request', 'too-large'], async () => {
        for await (const chunk of body as AsyncIterable<Buffer>) {
          total += chunk.length;
          if (how === FIRST_CHUNK) break;
        }
      });
    }
  });
  return total;
}

async function* chunks(bytes: Buffer, step: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

function boundaryOf(random: Choices): string {
  return random.once(5)
    ? randomText(random, 220)
    : random.pick(['b', '----WebKitFormBoundary7MA4YWxkTrZu0gW', '-', '--', 'a b']);
}
