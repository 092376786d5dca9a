import type { Choices } from './choices.js';
import { type ElementAt, elementsOf } from './elements-of.js';
import { LENGTHS, NUMBERS, TAGS, TEXTS, TRANSFER_SYNTAXES, VRS } from './hostile-values.js';
import { mutateBytes } from './mutate-bytes.js';
import { nestedSequences } from './nested-sequences.js';
import { openDeflated, type OpenedFile } from './open-deflated.js';

type Damage = (random: Choices, bytes: Buffer, elements: readonly ElementAt[], other: Buffer) => Buffer;

/** Ways to damage a DICOM file where it hurts. `elements` are those of `bytes`, at least one; `other` is another file. */
const WAYS: readonly Damage[] = [
  function atEdge(random: Choices, bytes: Buffer, elements: readonly ElementAt[]): Buffer {
    const { at, valueAt, valueBytes } = random.pick(elements);
    return bytes.subarray(
      0,
      random.pick([at, at + 4, at + 7, valueAt, valueAt + (valueBytes >> 1), valueAt + valueBytes]),
    );
  },
  function length(random: Choices, bytes: Buffer, elements: readonly ElementAt[]): Buffer {
    const element = random.pick(elements);
    const { valueBytes, lengthBytes } = element;
    const changed = random.pick([random.pick(LENGTHS), valueBytes + random.whole(-3, 3), valueBytes * 2]);
    return withNumber(bytes, element, { at: element.lengthAt, byteCount: lengthBytes, number: changed });
  },
  function vr(random: Choices, bytes: Buffer, elements: readonly ElementAt[]): Buffer {
    const element = random.pick(elements);
    return overwritten(bytes, element.at + 4, Buffer.from(random.pick(VRS), 'latin1'));
  },
  function tag(random: Choices, bytes: Buffer, elements: readonly ElementAt[]): Buffer {
    const element = random.pick(elements);
    const number = random.once(4) ? random.pick(elements).tag : random.pick(TAGS);
    const first = withNumber(bytes, element, { at: element.at, byteCount: 2, number: Math.floor(number / 0x10000) });
    return withNumber(first, element, { at: element.at + 2, byteCount: 2, number: number % 0x10000 });
  },
  function without(random: Choices, bytes: Buffer, elements: readonly ElementAt[]): Buffer {
    const { at, valueAt, valueBytes } = random.pick(elements);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(valueAt + valueBytes)]);
  },
  function twice(random: Choices, bytes: Buffer, elements: readonly ElementAt[]): Buffer {
    const { at, valueAt, valueBytes } = random.pick(elements);
    const to = random.pick(elements).at;
    const copies = Array<Buffer>(1 + random.magnitude(30)).fill(bytes.subarray(at, valueAt + valueBytes));
    return Buffer.concat([bytes.subarray(0, to), ...copies, bytes.subarray(to)]);
  },
  function number(random: Choices, bytes: Buffer, elements: readonly ElementAt[]): Buffer {
    const shorts = elements.filter((one) => one.valueBytes === 2 && one.tag >>> 16 === 0x0028);
    if (shorts.length === 0) return bytes;
    const element = random.pick(shorts);
    return withNumber(bytes, element, { at: element.valueAt, byteCount: 2, number: random.pick(NUMBERS) });
  },
  function value(random: Choices, bytes: Buffer, elements: readonly ElementAt[]): Buffer {
    const named = random.once(3) ? elements.filter((one) => TAGS.includes(one.tag)) : elements;
    const element = random.pick(named.length > 0 ? named : elements);
    const bytesOf = Buffer.from(random.pick(TEXTS), random.once(2) ? 'latin1' : 'utf8');
    return withValue(bytes, element, random.once(8) ? random.bytes(random.magnitude(200) + 1) : bytesOf);
  },
  function syntax(random: Choices, bytes: Buffer, elements: readonly ElementAt[]): Buffer {
    const element = elements.find((one) => one.tag === 0x00020010);
    return element ? withValue(bytes, element, Buffer.from(padded(random.pick(TRANSFER_SYNTAXES)))) : bytes;
  },
  function counts(random: Choices, bytes: Buffer, elements: readonly ElementAt[]): Buffer {
    const element = elements.find((one) => one.tag === 0x00280008) ?? random.pick(elements);
    const count = random.pick([
      '0',
      '-1',
      '2',
      '3',
      '1000',
      '65536',
      '2147483647',
      '4294967296',
      '1e15',
      '9'.repeat(30),
    ]);
    return withValue(bytes, element, Buffer.from(count.length % 2 === 0 ? count : `${count} `));
  },
  function nested(random: Choices, bytes: Buffer, elements: readonly ElementAt[]): Buffer {
    const { at, isBig, vr } = random.pick(elements);
    const deep = nestedSequences(random.whole(1, 80), {
      isBig,
      isExplicit: vr !== undefined,
      isDefined: random.once(2),
    });
    return Buffer.concat([bytes.subarray(0, at), deep, bytes.subarray(at)]);
  },
  function many(random: Choices, bytes: Buffer, elements: readonly ElementAt[]): Buffer {
    const { at } = random.pick(elements);
    const one = Buffer.from([0x09, 0, 0x10 + random.whole(0, 3), 0, 0x4c, 0x4f, 2, 0, 0x41, 0x20]);
    return Buffer.concat([
      bytes.subarray(0, at),
      ...Array<Buffer>(random.magnitude(3000) + 1).fill(one),
      bytes.subarray(at),
    ]);
  },
  function spliced(random: Choices, bytes: Buffer, elements: readonly ElementAt[], other: Buffer): Buffer {
    const edges = elementsOf(other);
    const to = edges.length === 0 ? 0 : random.pick(edges).at;
    return Buffer.concat([bytes.subarray(0, random.pick(elements).at), other.subarray(to)]);
  },
  function fragments(random: Choices, bytes: Buffer, elements: readonly ElementAt[]): Buffer {
    const items = elements.filter((one) => one.tag === 0xfffee000);
    if (items.length === 0) return bytes;
    const element = random.pick(items);
    const { valueAt, valueBytes } = element;
    const content = bytes.subarray(valueAt, valueAt + valueBytes);
    return withValue(bytes, element, mutateBytes(random, content).subarray(0, 2 ** 20));
  },
  (random, bytes, _elements, other) => mutateBytes(random, bytes, other),
];

/**
 * One to four kinds of damage to a Part 10 file. Half of them get a SOP Instance UID of their own, so that a server takes
 * them for new ones.
 */
export function mutateDicom(
  random: Choices,
  original: Buffer,
  { other, uid }: { other: Buffer; uid?: string },
): Buffer {
  const elements = elementsOf(original);
  const { bytes, close } = elements.length === 0 || random.once(4) ? whole(original) : openDeflated(original, elements);
  let result = uid !== undefined && random.once(2) ? withUid(bytes, uid) : bytes;
  for (let times = random.pick([1, 1, 2, 4]); times > 0; times--) {
    const found = elementsOf(result);
    result = found.length === 0 ? mutateBytes(random, result, other) : random.pick(WAYS)(random, result, found, other);
  }
  return close(result);
}

/** The same file as another instance. */
export function withUid(bytes: Buffer, uid: string): Buffer {
  const element = elementsOf(bytes).find((one) => one.tag === 0x00080018);
  return element ? withValue(bytes, element, Buffer.from(padded(uid))) : bytes;
}

const whole = (bytes: Buffer): OpenedFile => ({ bytes, close: (changed) => changed });
const padded = (text: string): string => (text.length % 2 === 0 ? text : `${text}\0`);

function withNumber(
  bytes: Buffer,
  { isBig }: ElementAt,
  { at, byteCount, number }: { at: number; byteCount: number; number: number },
): Buffer {
  const field = Buffer.alloc(byteCount);
  const most = 2 ** (8 * byteCount);
  const wrapped = ((number % most) + most) % most;
  if (isBig) field.writeUIntBE(wrapped, 0, byteCount);
  else field.writeUIntLE(wrapped, 0, byteCount);
  return overwritten(bytes, at, field);
}

function overwritten(bytes: Buffer, at: number, field: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  field.copy(copy, at);
  return copy;
}

/** Another value with a length that fits it. */
function withValue(bytes: Buffer, element: ElementAt, value: Buffer): Buffer {
  const { lengthAt, lengthBytes, valueAt, valueBytes } = element;
  const kept = lengthBytes === 2 ? value.subarray(0, 0xfffe) : value;
  const head = withNumber(bytes, element, { at: lengthAt, byteCount: lengthBytes, number: kept.length });
  return Buffer.concat([head.subarray(0, valueAt), kept, bytes.subarray(valueAt + valueBytes)]);
}
