import type { Choices } from './choices.js';
import { LENGTHS } from './hostile-values.js';

type Damage = (random: Choices, bytes: Buffer, other?: Buffer) => Buffer;

/** Ways to damage any bytes. `other` are those of another file. */
const WAYS: readonly Damage[] = [
  function flipBits(random: Choices, bytes: Buffer): Buffer {
    const copy = Buffer.from(bytes);
    for (let times = random.whole(1, 8); times > 0 && copy.length > 0; times--)
      copy[random.whole(0, copy.length - 1)]! ^= 1 << random.whole(0, 7);
    return copy;
  },
  function setBytes(random: Choices, bytes: Buffer): Buffer {
    const copy = Buffer.from(bytes);
    const at = random.whole(0, copy.length);
    const end = Math.min(copy.length, at + random.magnitude(64) + 1);
    copy.fill(random.pick([0, 0xff, 0x7f, 0x80, 0x5c, 0x1b]), at, end);
    return copy;
  },
  function setWord(random: Choices, bytes: Buffer): Buffer {
    if (bytes.length < 4) return bytes;
    const copy = Buffer.from(bytes);
    const at = random.whole(0, copy.length - 4);
    if (random.once(2)) copy.writeUInt32LE(random.pick(LENGTHS), at);
    else copy.writeUInt32BE(random.pick(LENGTHS), at);
    return copy;
  },
  function truncate(random: Choices, bytes: Buffer): Buffer {
    return bytes.subarray(0, random.whole(0, bytes.length));
  },
  function cutOut(random: Choices, bytes: Buffer): Buffer {
    const at = random.whole(0, bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.magnitude(256) + 1)]);
  },
  function repeat(random: Choices, bytes: Buffer): Buffer {
    const at = random.whole(0, bytes.length);
    const part = bytes.subarray(at, at + random.magnitude(256) + 1);
    return Buffer.concat([bytes.subarray(0, at), ...Array<Buffer>(random.whole(2, 16)).fill(part), bytes.subarray(at)]);
  },
  function insertNoise(random: Choices, bytes: Buffer): Buffer {
    const at = random.whole(0, bytes.length);
    return Buffer.concat([bytes.subarray(0, at), random.bytes(random.magnitude(64) + 1), bytes.subarray(at)]);
  },
  function splice(random: Choices, bytes: Buffer, other: Buffer = bytes): Buffer {
    return Buffer.concat([
      bytes.subarray(0, random.whole(0, bytes.length)),
      other.subarray(random.whole(0, other.length)),
    ]);
  },
];

/** One to three kinds of damage at any place. */
export function mutateBytes(random: Choices, bytes: Buffer, other?: Buffer): Buffer {
  let result = bytes;
  for (let times = random.whole(1, 3); times > 0; times--) result = random.pick(WAYS)(random, result, other);
  return result;
}
