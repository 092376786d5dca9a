import { dicomJsonText, type DicomJson, type JsonElement } from '../../src/standard/dicom-json.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bufferSource } from '../../src/base/byte-source.js';
import { bulkValue } from '../../src/dicom/data-set/bulk-value.js';
import { type HandMade, object, part10, sequence, type Spelling, text } from '../../src/dicom/testing/hand-made.js';
import { decodeHeader, encodeHeader } from '../../src/dicom/metadata/encode-header.js';
import { toDicomJson } from '../../src/dicom/metadata/json.js';
import { scanPart10 } from '../../src/dicom/part10/part10.js';
import { collect } from '../../src/dicom/data-set/read-range.js';
import { nativeModelXml } from '../../src/http/message/native-model-xml.js';

/** An element as it is in the file, and what has to come out of it. */
interface Made {
  element: HandMade;
  vr: string;
  /** Bytes in little endian, or values, or items. */
  bytes: Buffer;
  values: unknown[] | undefined;
  items: Made[][] | undefined;
}

/** Standard elements of each kind, with the VR that PS3.6 gives them. */
const known: readonly (readonly [tag: number, vr: string])[] = [
  [0x00080100, 'SH'],
  [0x00080070, 'LO'],
  [0x00080119, 'UC'],
  [0x00081190, 'UR'],
  [0x0008103e, 'LO'],
  [0x00104000, 'LT'],
  [0x00189324, 'FD'],
  [0x00186020, 'SL'],
  [0x00280010, 'US'],
  [0x00289001, 'UL'],
  [0x00281201, 'OW'],
  [0x00420011, 'OB'],
  [0x00660016, 'OF'],
];

const sequences = [0x00081140, 0x00101002, 0x00400275, 0x0040a730, 0x52009229];

const numbers: Record<string, { width: number; write: (bytes: Buffer, value: number, at: number) => void }> = {
  FD: { width: 8, write: (bytes, value, at) => bytes.writeDoubleLE(value, at) },
  SL: { width: 4, write: (bytes, value, at) => bytes.writeInt32LE(value, at) },
  UL: { width: 4, write: (bytes, value, at) => bytes.writeUInt32LE(value, at) },
  US: { width: 2, write: (bytes, value, at) => bytes.writeUInt16LE(value, at) },
};
const single = new Set(['LT', 'ST', 'UR', 'UT']);
/** Longer values are given by URI. */
const MOST_INLINE = 4096;
/** Beyond what 16 bits of a length in explicit VR can tell. */
const MOST_SHORT = 65_000;

function leaf(tag: number, vr: string, bytes: Buffer, values?: unknown[]): Made {
  return { element: { tag, vr, value: bytes }, vr, bytes, values, items: undefined };
}

const wordOf = (characters: string): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...characters), minLength: 1, maxLength: 40 }).map((s) => `x${s}x`);
const length = fc.oneof(
  { weight: 6, arbitrary: fc.nat(40) },
  { weight: 1, arbitrary: fc.constantFrom(MOST_INLINE - 1, MOST_INLINE, MOST_INLINE + 1, MOST_INLINE + 2, 9000) },
);
const bytesOf = (unit: number): fc.Arbitrary<Buffer> =>
  fc.tuple(length, fc.nat(255)).map(([count, seed]) => {
    const bytes = Buffer.alloc(Math.ceil(count / unit) * unit);
    for (let at = 0; at < bytes.length; at++) bytes[at] = (seed + at * 7) & 0xff;
    return bytes;
  });

function valuesOf(tag: number, vr: string): fc.Arbitrary<Made> {
  const number = numbers[vr];
  if (number)
    return fc.array(fc.nat(60_000), { maxLength: 3000, size: '+1' }).map((given) => {
      const bytes = Buffer.alloc(given.length * number.width);
      given.forEach((value, i) => number.write(bytes, value, i * number.width));
      return leaf(tag, vr, bytes, given);
    });
  if (vr.startsWith('O')) return bytesOf({ OB: 1, OW: 2, OF: 4 }[vr] ?? 1).map((bytes) => leaf(tag, vr, bytes));
  const word = wordOf(vr === 'UR' ? 'aZ9/' : 'aZ9é字^- ~');
  return fc.tuple(fc.array(word, { maxLength: single.has(vr) ? 1 : 4 }), length).map(([words, more]) => {
    const all = words.length > 0 && more > MOST_INLINE ? [words[0]! + 'x'.repeat(more), ...words.slice(1)] : words;
    return leaf(tag, vr, text(tag, vr, all.join('\\')).value as Buffer, all);
  });
}

/** Elements of a standard VR, as UN, of a VR that nobody knows, private ones, and such with tags that nobody knows. */
const leaves: fc.Arbitrary<Made> = fc.oneof(
  fc.constantFrom(...known).chain(([tag, vr]) => valuesOf(tag, vr)),
  fc
    .constantFrom(...known)
    .chain(([tag, vr]) => valuesOf(tag, vr))
    .map((made) => ({ ...made, element: { ...made.element, vr: 'UN' } })),
  fc.tuple(fc.constantFrom('UN', 'ZZ'), fc.nat(0xfff), bytesOf(1)).map(([vr, low, bytes]) => ({
    ...leaf(0x00ee1000 + low, vr, bytes.subarray(0, MOST_SHORT)),
    vr: 'UN',
  })),
  fc
    .tuple(fc.constantFrom('UN', 'OB'), fc.nat(0xffff), bytesOf(1))
    .map(([vr, low, bytes]) => leaf(0x00ef0000 + Math.max(0x100, low), vr, bytes)),
);

const { dataSet } = fc.letrec<{ dataSet: Made[]; element: Made; sequence: Made }>((tie) => ({
  dataSet: fc.uniqueArray(tie('element'), {
    selector: ({ element }) => element.tag,
    maxLength: 6,
    depthIdentifier: 'items',
  }),
  element: fc.oneof({ depthIdentifier: 'items', maxDepth: 5 }, leaves, tie('sequence')),
  sequence: fc
    .tuple(fc.constantFrom(...sequences), fc.array(tie('dataSet'), { maxLength: 3 }), fc.boolean())
    .map(([tag, items, defined]) => nested(tag, items, defined)),
}));

function nested(tag: number, items: Made[][], defined: boolean): Made {
  const inner = items.map((item) => item.map(({ element }) => element));
  return { element: sequence(tag, inner, defined), vr: 'SQ', bytes: Buffer.alloc(0), values: undefined, items };
}

async function metadataOf(made: readonly Made[], spelling: Spelling) {
  const utf8 = text(0x00080005, 'CS', 'ISO_IR 192');
  const source = bufferSource(part10(object(utf8, ...made.map(({ element }) => element)), { spelling }));
  const result = await scanPart10(source);
  if (result.kind === 'refused') throw new Error(result.message);
  const header = decodeHeader(encodeHeader(result.header));
  const json = toDicomJson(header, { bulkDataUri: (at) => at });
  return { json, bulk: async (path: string) => collect((await bulkValue(source, header, path)).open()) };
}

type Bulk = (path: string) => Promise<Buffer>;

async function expectAll(
  json: DicomJson,
  made: readonly Made[],
  { spelling, bulk }: { spelling: Spelling; bulk: Bulk },
) {
  for (const one of made) {
    const found = json[tagOf(one)];
    expect(found).toBeDefined();
    await expectOne(found!, one, { spelling, bulk });
  }
}

async function expectOne(found: JsonElement, one: Made, context: { spelling: Spelling; bulk: Bulk }): Promise<void> {
  const isKnown = known.some(([tag]) => tag === one.element.tag) || one.items !== undefined;
  expect(found.vr).toBe(context.spelling === 'implicit' && !isKnown ? 'UN' : one.vr);
  if (one.items) {
    expect(found.Value ?? []).toHaveLength(one.items.length);
    for (const [i, item] of one.items.entries()) {
      const within = found.Value![i] as DicomJson;
      expect(Object.keys(within).sort()).toEqual(item.map(tagOf).sort());
      await expectAll(within, item, context);
    }
  } else if (found.BulkDataURI !== undefined) {
    expect(one.bytes.length).toBeGreaterThan(MOST_INLINE);
    expect(await context.bulk(found.BulkDataURI)).toEqual(one.bytes);
  } else if (one.values) {
    expect(found.Value ?? []).toEqual(one.values);
  } else {
    expect(Buffer.from(found.InlineBinary ?? '', 'base64')).toEqual(one.bytes);
  }
}

const tagOf = ({ element }: Made): string => element.tag.toString(16).toUpperCase().padStart(8, '0');

const countOf = (made: readonly Made[]): number =>
  made.reduce((sum, { items = [] }) => sum + 1 + items.reduce((inner, item) => inner + countOf(item), 0), 0);

/** The generated text has neither quotes nor braces. */
function expectAscending(jsonText: string): void {
  const last: string[] = [];
  for (const [token, tag] of jsonText.matchAll(/"([0-9A-F]{8})":\{|[{}]/g)) {
    if (token === '}') last.pop();
    else if (tag === undefined) last.push('');
    else {
      expect(tag > last[last.length - 1]!).toBe(true);
      last[last.length - 1] = tag;
      last.push('');
    }
  }
  expect(last).toEqual([]);
}

/** Four UIDs and the character set. */
const GIVEN = 5;

describe('Metadata of any data set', () => {
  it.each<Spelling>(['explicit', 'implicit', 'big'])(
    'has every element once, in order and whole, from %s',
    async (spelling) => {
      await fc.assert(
        fc.asyncProperty(dataSet, async (made) => {
          const { json, bulk } = await metadataOf(made, spelling);
          await expectAll(json, made, { spelling, bulk });
          const jsonText = dicomJsonText(json);
          expect(JSON.parse(jsonText)).toEqual(json);
          expectAscending(jsonText);
          const count = countOf(made) + GIVEN;
          expect(jsonText.match(/"[0-9A-F]{8}":\{"vr"/g)).toHaveLength(count);
          expect(nativeModelXml(json, () => undefined).match(/<DicomAttribute /g)).toHaveLength(count);
        }),
        { numRuns: 60 },
      );
    },
  );

  it.each([
    [60, true],
    [64, true],
    [65, false],
  ])('goes %i items deep: %p', async (depth, possible) => {
    let made: Made[] = [leaf(0x00080070, 'LO', Buffer.from('deep'), ['deep'])];
    for (let level = 0; level < depth; level++) made = [nested(0x0040a730, [[], made], level % 2 === 0)];
    const answer = metadataOf(made, 'explicit');
    if (!possible) {
      await expect(answer).rejects.toThrow('nested more than 64 deep');
      return;
    }
    const { json, bulk } = await answer;
    await expectAll(json, made, { spelling: 'explicit', bulk });
    expect(nativeModelXml(json, () => undefined)).toContain('<Value number="1">deep</Value>');
  });
});
