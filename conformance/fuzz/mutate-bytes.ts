import { lengths } from './hostile-values.mjs';

/** Ways to damage any bytes: (random, bytes, other) → other bytes. `other` are those of another file. */
const ways = [
  function flipBits(random, bytes) {
    const copy = Buffer.from(bytes);
    for (let times = random.whole(1, 8); times > 0 && copy.length > 0; times--)
      copy[random.whole(0, copy.length - 1)] ^= 1 << random.whole(0, 7);
    return copy;
  },
  function setBytes(random, bytes) {
    const copy = Buffer.from(bytes);
    const at = random.whole(0, copy.length);
    const end = Math.min(copy.length, at + random.magnitude(64) + 1);
    copy.fill(random.pick([0, 0xff, 0x7f, 0x80, 0x5c, 0x1b]), at, end);
    return copy;
  },
  function setWord(random, bytes) {
    if (bytes.length < 4) return bytes;
    const copy = Buffer.from(bytes);
    const at = random.whole(0, copy.length - 4);
    if (random.once(2)) copy.writeUInt32LE(random.pick(lengths), at);
    else copy.writeUInt32BE(random.pick(lengths), at);
    return copy;
  },
  function truncate(random, bytes) {
    return bytes.subarray(0, random.whole(0, bytes.length));
  },
  function cutOut(random, bytes) {
    const at = random.whole(0, bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.magnitude(256) + 1)]);
  },
  function repeat(random, bytes) {
    const at = random.whole(0, bytes.length);
    const part = bytes.subarray(at, at + random.magnitude(256) + 1);
    return Buffer.concat([bytes.subarray(0, at), ...Array(random.whole(2, 16)).fill(part), bytes.subarray(at)]);
  },
  function insertNoise(random, bytes) {
    const at = random.whole(0, bytes.length);
    return Buffer.concat([bytes.subarray(0, at), random.bytes(random.magnitude(64) + 1), bytes.subarray(at)]);
  },
  function splice(random, bytes, other = bytes) {
    return Buffer.concat([
      bytes.subarray(0, random.whole(0, bytes.length)),
      other.subarray(random.whole(0, other.length)),
    ]);
  },
];

/** One to three kinds of damage at any place. */
export function mutateBytes(random, bytes, other) {
  let result = bytes;
  for (let times = random.whole(1, 3); times > 0; times--) result = random.pick(ways)(random, result, other);
  return result;
}
