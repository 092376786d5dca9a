import { parse } from 'content-type';
import { readMultipart } from '../../../dist/http/message/multipart.js';
import { only, require } from '../allowed.mjs';
import { mutateBytes } from '../mutate-bytes.mjs';
import { randomText } from '../random-text.mjs';

/** Multipart bodies with damaged boundaries, headers and ends, in chunks of any size. */
export async function openDoor() {
  return {
    make: (random) => {
      const boundary = boundaryOf(random);
      const body = multipartBody(random, boundary);
      const bytes = random.once(4) ? body : mutateBytes(random, body);
      return { label: JSON.stringify({ boundary, step: random.magnitude(5000) + 1, how: random.whole(0, 2) }), bytes };
    },
    run: async ({ label, bytes }) => {
      const { boundary, step, how } = JSON.parse(label);
      let total = 0;
      await only(['bad-request', 'too-large', 'internal'], async () => {
        for await (const { headers, body } of readMultipart(chunks(bytes, step), { boundary })) {
          body.on('error', () => undefined);
          for (const [name, value] of headers) parse(`${name}; ${value}`);
          if (how === 0) continue;
          try {
            for await (const chunk of body) {
              total += chunk.length;
              if (how === 2) break;
            }
          } catch (error) {
            await only(['bad-request', 'too-large'], () => Promise.reject(error));
          }
        }
      });
      require(total <= bytes.length, `${total} bytes came out of ${bytes.length}.`);
    },
    close: async () => undefined,
  };
}

async function* chunks(bytes, step) {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

function boundaryOf(random) {
  return random.once(5)
    ? randomText(random, 220)
    : random.pick(['b', '----WebKitFormBoundary7MA4YWxkTrZu0gW', '-', '--', 'a b']);
}

/** Like a multipart body, with line ends and boundaries that are sometimes wrong. */
export function multipartBody(random, boundary, contents = []) {
  const lineEnd = random.once(6) ? '\n' : '\r\n';
  const end = () => (random.once(40) ? random.pick(['\r', '\n', '', '\r\r\n']) : lineEnd);
  const parts =
    contents.length > 0 ? contents : Array.from({ length: random.whole(0, 4) }, () => part(random, boundary));
  const pieces = parts.flatMap((content) => {
    const headers = Array.from({ length: random.whole(0, 3) }, () =>
      random.once(6)
        ? randomText(random, 300)
        : `${random.pick(['Content-Type', 'content-location', 'X'])}: ${random.pick(['application/dicom', 'a/b;c="d', randomText(random, 100)])}`,
    );
    return [`--${boundary}${end()}`, ...headers.map((line) => line + end()), end(), content, end()];
  });
  const close = random.once(6) ? random.pick(['', `--${boundary}`, `--${boundary}-`]) : `--${boundary}--${end()}`;
  return Buffer.concat(
    [...pieces, close].map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)),
  );
}

function part(random, boundary) {
  if (random.once(4))
    return Buffer.from(`\r\n--${boundary.slice(0, -1)}\r\n--${boundary}x${randomText(random, 200)}`, 'latin1');
  return random.once(20)
    ? Buffer.alloc(random.magnitude(200_000) + 1, '\r\n--')
    : random.bytes(random.magnitude(2000) + 1);
}
