import type { Choices } from './choices.js';
import { randomText } from './random-text.js';

/**
 * Like a multipart body (RFC 2046 §5.1), with line ends and boundaries that are sometimes wrong. Its parts hold `contents`, unless
 * there are none: then anything.
 */
export function randomMultipart(random: Choices, boundary: string, contents: readonly Buffer[] = []): Buffer {
  const lineEnd = random.once(6) ? '\n' : '\r\n';
  const end = (): string => (random.once(40) ? random.pick(['\r', '\n', '', '\r\r\n']) : lineEnd);
  const parts =
    contents.length > 0 ? contents : Array.from({ length: random.whole(0, 4) }, () => part(random, boundary));
  const pieces = parts.flatMap((content): (string | Buffer)[] => {
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

function part(random: Choices, boundary: string): Buffer {
  if (random.once(4))
    return Buffer.from(`\r\n--${boundary.slice(0, -1)}\r\n--${boundary}x${randomText(random, 200)}`, 'latin1');
  return random.once(20)
    ? Buffer.alloc(random.magnitude(200_000) + 1, '\r\n--')
    : random.bytes(random.magnitude(2000) + 1);
}
