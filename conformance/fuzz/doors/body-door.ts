import { openedBody } from '../../../src/archive/secrecy/opened-body.js';
import { createBodySecrets, type EncryptedImage } from '../../../src/archive/secrecy/body-secrets.js';
import { encryptedSource } from '../../../src/archive/secrecy/encrypted-source.js';
import { requireContent } from '../../../src/archive/secrecy/opened-small-bodies.js';
import { paddedSource } from '../../../src/archive/secrecy/padded-source.js';
import { decryptSmallBody, encryptSmallBody } from '../../../src/archive/secrecy/small-body.js';
import { bufferSource } from '../../../src/base/byte-source.js';
import type { Body } from '../../../src/ledger/ledger.js';
import { makeBody } from '../../../src/pieces/body-codings.js';
import type { StreamSource } from '../../../src/pieces/stream-ahead.js';
import { ROLE } from '../../../src/secrecy/body-keys.js';
import { padmeByteCount } from '../../../src/secrecy/padding.js';
import { studyNodeOf, wholeRing } from '../../../src/secrecy/ring.js';
import type { Choices } from '../choices.js';
import type { Door } from '../door.js';
import { requireThat, throwsOnly } from '../find.js';
import { mutateBytes } from '../mutate-bytes.js';

const CELL = 65_564;
const COMMITMENT = 32;
const MOST_CONTENT = 400_000;
/** More is not streamed of what a lie says that there is. */
const MOST_STREAMED = 4 * 2 ** 20;
const REFUSALS = ['corrupt'] as const;
const REFUSALS_OF_LIES = ['corrupt', 'not-implemented'] as const;
const SMALL = ['header', 'preview'] as const;

const ring = wholeRing(Buffer.alloc(32, 7));
const secrets = createBodySecrets({
  chainId: 1337n,
  keyring: { studyNode: (_, studyKey) => studyNodeOf(ring, studyKey) },
});
const image: EncryptedImage = {
  contract: `0x${'c0'.repeat(20)}`,
  siteId: 3,
  ringId: `0x${'11'.repeat(16)}`,
  studyKey: '4711',
  imageKey: `0x${'1e'.repeat(32)}`,
};

/** What was encrypted, and what its header says of it. */
interface Label {
  role: keyof typeof ROLE;
  /** By which the content is made again, and how long it is. */
  seed: number;
  contentBytes: number;
  compresses: boolean;
  /** What a header of a liar says instead. */
  said?: { scheme: number; byteCount: number; given: number };
}

/**
 * Encrypted bodies that somebody without the key has changed, and such as their own site lies about: whatever is given of them is what was
 * encrypted at that place, all else is refused.
 */
export function openBodyDoor(): Door {
  return {
    make: async (random) => {
      const role = random.pick(['instance', 'instance', ...SMALL] as const);
      const label: Label = {
        ...{ role, seed: random.whole(0, 255), compresses: random.once(2) },
        contentBytes: Math.max(1, random.magnitude(role === 'instance' ? MOST_CONTENT : 100_000)),
      };
      const body = await encrypted(label);
      const other = await encrypted({ ...label, seed: label.seed ^ 1 }, { ...image, imageKey: `0x${'1f'.repeat(32)}` });
      if (role === 'instance' && random.once(2)) label.said = lie(random, label.contentBytes);
      const bytes = label.said && random.once(2) ? body : damaged(random, body, other);
      return { label: JSON.stringify(label), bytes };
    },
    run: ({ label, bytes }) => {
      const made = JSON.parse(label) as Label;
      return made.role === 'instance' ? openInstance(made, bytes) : openSmall(made, made.role, bytes);
    },
    close: async () => undefined,
  };
}

function contentOf({ seed, contentBytes }: Label): Buffer {
  return Buffer.from(Uint8Array.from({ length: contentBytes }, (_, at) => seed + (at >> 7) * 31 + ((at * at) >> 11)));
}

async function packedOf(label: Label): ReturnType<typeof makeBody> {
  return makeBody(bufferSource(contentOf(label)), label.compresses ? 1 : undefined);
}

async function encrypted(label: Label, of = image): Promise<Buffer> {
  const role = ROLE[label.role];
  const keys = secrets.of(of)!.keys(role);
  if (label.role !== 'instance') return encryptSmallBody(contentOf(label), { keys, role, isPadded: label.compresses });
  const { stored } = await packedOf(label);
  const body = encryptedSource(paddedSource(stored, padmeByteCount(stored.byteCount)), { keys, role });
  return body.read(0, body.byteCount);
}

function lie(random: Choices, contentBytes: number): NonNullable<Label['said']> {
  const number = (): number =>
    random.pick([
      0,
      1,
      contentBytes - 1,
      contentBytes,
      contentBytes + 1,
      random.magnitude(2 ** 31),
      2 ** 40,
      2 ** 53 - 1,
    ]);
  return { scheme: random.pick([0, 1, 1, 2, 255]), byteCount: number(), given: number() };
}

/** By bytes, or by whole cells: those of other places, and of another image. */
function damaged(random: Choices, body: Buffer, other: Buffer): Buffer {
  if (random.once(2)) return mutateBytes(random, body, other);
  const copy = Buffer.from(body);
  const cellAt = (): number => COMMITMENT + random.whole(0, Math.ceil(body.length / CELL)) * CELL;
  for (let times = random.whole(1, 3); times > 0; times--) {
    const [from, to] = [cellAt(), Math.min(cellAt(), copy.length)];
    copy.set(random.pick([body, other]).subarray(from, from + Math.min(CELL, copy.length - to)), to);
  }
  if (random.once(4)) copy.set(other.subarray(0, COMMITMENT));
  return random.once(3) ? copy.subarray(0, cellAt()) : copy;
}

async function openSmall(label: Label, name: (typeof SMALL)[number], bytes: Buffer): Promise<void> {
  const role = ROLE[name];
  const opened = await throwsOnly(REFUSALS, () =>
    decryptSmallBody(bytes, { keys: secrets.of(image)!.keys(role), role }),
  );
  requireThat(opened === undefined || opened.equals(contentOf(label)), 'A header is given that nobody has encrypted.');
}

async function openInstance(label: Label, bytes: Buffer): Promise<void> {
  const content = contentOf(label);
  const { scheme, stored } = await packedOf(label);
  const said = label.said ?? { scheme, byteCount: stored.byteCount, given: content.length };
  const isTrue = label.said === undefined;
  const refusals = isTrue ? REFUSALS : REFUSALS_OF_LIES;
  const told = { scheme: said.scheme, byteCount: said.byteCount, sha256: 'ab'.repeat(32) };
  const body = { byteCount: bytes.length } as Body;
  if (!(await throwsOnly(refusals, () => requireContent({ encrypted: told, byteCount: said.given }, body)))) return;
  const source = await throwsOnly(refusals, () =>
    openedBody(secrets, bufferSource(bytes), {
      ...{ image, content: told, byteCount: said.given, contentKey: 'ab' },
      checksPadding: label.seed % 2 === 0,
    }),
  );
  if (!source) return;
  const check = (found: Buffer | undefined, at: number): void =>
    requireThat(
      found === undefined || !isTrue || found.equals(content.subarray(at, at + found.length)),
      'A byte of an instance is given that nobody has encrypted there.',
    );
  const { byteCount } = source;
  for (const at of [0, 65_536, Math.floor(byteCount / 2), byteCount - 10].filter((one) => one >= 0 && one < byteCount))
    check(await throwsOnly(refusals, () => source.read(at, Math.min(10, byteCount - at))), at);
  if (byteCount > MOST_STREAMED) return;
  check(await throwsOnly(refusals, () => streamed(source, check)), 0);
}

/** All of it; what comes before a refusal is looked at, too. */
async function streamed(source: StreamSource, check: (found: Buffer, at: number) => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let at = 0;
  for await (const chunk of source.stream(0, source.byteCount)) {
    check(chunk, at);
    at += chunk.length;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
