import { opened } from './corpus.mjs';
import { elementsOf } from './elements.mjs';
import { lengths, numbers, tags, texts, transferSyntaxes, vrs } from './hostile-values.mjs';
import { mutateBytes } from './mutate-bytes.mjs';

/** Ways to damage a DICOM file where it hurts: (random, bytes, elements, other) → other bytes. */
const ways = [
  function atEdge(random, bytes, elements) {
    const { at, valueAt, valueBytes } = random.pick(elements);
    return bytes.subarray(
      0,
      random.pick([at, at + 4, at + 7, valueAt, valueAt + (valueBytes >> 1), valueAt + valueBytes]),
    );
  },
  function length(random, bytes, elements) {
    const element = random.pick(elements);
    const { valueBytes, lengthBytes } = element;
    const changed = random.pick([random.pick(lengths), valueBytes + random.whole(-3, 3), valueBytes * 2]);
    return withNumber(bytes, element, { at: element.lengthAt, byteCount: lengthBytes, number: changed });
  },
  function vr(random, bytes, elements) {
    const element = random.pick(elements);
    return overwritten(bytes, element.at + 4, Buffer.from(random.pick(vrs), 'latin1'));
  },
  function tag(random, bytes, elements) {
    const element = random.pick(elements);
    const number = random.once(4) ? random.pick(elements).tag : random.pick(tags);
    const first = withNumber(bytes, element, { at: element.at, byteCount: 2, number: Math.floor(number / 0x10000) });
    return withNumber(first, element, { at: element.at + 2, byteCount: 2, number: number % 0x10000 });
  },
  function without(random, bytes, elements) {
    const { at, valueAt, valueBytes } = random.pick(elements);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(valueAt + valueBytes)]);
  },
  function twice(random, bytes, elements) {
    const { at, valueAt, valueBytes } = random.pick(elements);
    const to = random.pick(elements).at;
    const copies = Array(1 + random.magnitude(30)).fill(bytes.subarray(at, valueAt + valueBytes));
    return Buffer.concat([bytes.subarray(0, to), ...copies, bytes.subarray(to)]);
  },
  function number(random, bytes, elements) {
    const shorts = elements.filter((one) => one.valueBytes === 2 && one.tag >>> 16 === 0x0028);
    if (shorts.length === 0) return bytes;
    const element = random.pick(shorts);
    return withNumber(bytes, element, { at: element.valueAt, byteCount: 2, number: random.pick(numbers) });
  },
  function value(random, bytes, elements) {
    const named = random.once(3) ? elements.filter((one) => tags.includes(one.tag)) : elements;
    const element = random.pick(named.length > 0 ? named : elements);
    const bytesOf = Buffer.from(random.pick(texts), random.once(2) ? 'latin1' : 'utf8');
    return withValue(bytes, element, random.once(8) ? random.bytes(random.magnitude(200) + 1) : bytesOf);
  },
  function syntax(random, bytes, elements) {
    const element = elements.find((one) => one.tag === 0x00020010);
    return element ? withValue(bytes, element, Buffer.from(padded(random.pick(transferSyntaxes)))) : bytes;
  },
  function counts(random, bytes, elements) {
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
  function nested(random, bytes, elements) {
    const { at, isBig, vr } = random.pick(elements);
    const deep = nest(random.whole(1, 80), { isBig, isExplicit: vr !== undefined, isDefined: random.once(2) });
    return Buffer.concat([bytes.subarray(0, at), deep, bytes.subarray(at)]);
  },
  function many(random, bytes, elements) {
    const { at } = random.pick(elements);
    const one = Buffer.from([0x09, 0, 0x10 + random.whole(0, 3), 0, 0x4c, 0x4f, 2, 0, 0x41, 0x20]);
    return Buffer.concat([bytes.subarray(0, at), ...Array(random.magnitude(3000) + 1).fill(one), bytes.subarray(at)]);
  },
  function spliced(random, bytes, elements, other) {
    const edges = elementsOf(other);
    const to = edges.length === 0 ? 0 : random.pick(edges).at;
    return Buffer.concat([bytes.subarray(0, random.pick(elements).at), other.subarray(to)]);
  },
  function fragments(random, bytes, elements) {
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
export function mutateDicom(random, original, { other, uid }) {
  const elements = elementsOf(original);
  const { bytes, close } = elements.length === 0 || random.once(4) ? whole(original) : opened(original, elements);
  let result = uid !== undefined && random.once(2) ? withUid(bytes, uid) : bytes;
  for (let times = random.pick([1, 1, 2, 4]); times > 0; times--) {
    const found = elementsOf(result);
    result = found.length === 0 ? mutateBytes(random, result, other) : random.pick(ways)(random, result, found, other);
  }
  return close(result);
}

/** The same file as another instance. */
export function withUid(bytes, uid) {
  const element = elementsOf(bytes).find((one) => one.tag === 0x00080018);
  return element ? withValue(bytes, element, Buffer.from(padded(uid))) : bytes;
}

const whole = (bytes) => ({ bytes, close: (changed) => changed });
const padded = (text) => (text.length % 2 === 0 ? text : `${text}\0`);

function withNumber(bytes, { isBig }, { at, byteCount, number }) {
  const field = Buffer.alloc(byteCount);
  const most = 2 ** (8 * byteCount);
  const wrapped = ((number % most) + most) % most;
  if (isBig) field.writeUIntBE(wrapped, 0, byteCount);
  else field.writeUIntLE(wrapped, 0, byteCount);
  return overwritten(bytes, at, field);
}

function overwritten(bytes, at, field) {
  const copy = Buffer.from(bytes);
  field.copy(copy, at);
  return copy;
}

/** Another value with a length that fits it. */
function withValue(bytes, element, value) {
  const { lengthAt, lengthBytes, valueAt, valueBytes } = element;
  const kept = lengthBytes === 2 ? value.subarray(0, 0xfffe) : value;
  const head = withNumber(bytes, element, { at: lengthAt, byteCount: lengthBytes, number: kept.length });
  return Buffer.concat([head.subarray(0, valueAt), kept, bytes.subarray(valueAt + valueBytes)]);
}

/** Sequences in sequences, (0008,1140) of (0008,1140). */
function nest(depth, { isBig, isExplicit, isDefined }) {
  const uint = (number, byteCount) => {
    const field = Buffer.alloc(byteCount);
    if (isBig) field.writeUIntBE(number, 0, byteCount);
    else field.writeUIntLE(number, 0, byteCount);
    return field;
  };
  const header = (group, element, length) => Buffer.concat([uint(group, 2), uint(element, 2), uint(length, 4)]);
  let inner = Buffer.alloc(0);
  for (let level = 0; level < depth; level++) {
    const unknown = 0xffffffff;
    const item = Buffer.concat([
      header(0xfffe, 0xe000, isDefined ? inner.length : unknown),
      inner,
      isDefined ? Buffer.alloc(0) : header(0xfffe, 0xe00d, 0),
    ]);
    const length = uint(isDefined ? item.length : unknown, 4);
    const vr = isExplicit ? Buffer.from('SQ\0\0') : Buffer.alloc(0);
    inner = Buffer.concat([
      uint(0x0008, 2),
      uint(0x1140, 2),
      vr,
      length,
      item,
      isDefined ? Buffer.alloc(0) : header(0xfffe, 0xe0dd, 0),
    ]);
  }
  return inner;
}
