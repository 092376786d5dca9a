import {
  encapsulated,
  image,
  object,
  offsets,
  part10,
  sequence,
  text,
  words,
} from '../../src/dicom/testing/hand-made.js';

export interface NamedBytes {
  name: string;
  bytes: Buffer;
}

/** One small file of each spelling, with text in several scripts, private elements, sequences and pixels. */
export function madeFiles(): NamedBytes[] {
  const elements = object(
    text(0x00080005, 'CS', 'ISO_IR 192'),
    text(0x00080060, 'CS', 'OT'),
    text(0x00100010, 'PN', 'Yamada^Tarou=山田^太郎=やまだ^たろう'),
    text(0x00100020, 'LO', 'P-1'),
    text(0x00090010, 'LO', 'HAND MADE'),
    { tag: 0x00091001, vr: 'UN', value: Buffer.from('private ') },
    sequence(0x00081140, [object(words(0x00280103, 'US', 1))], true),
    sequence(0x00400275, [[sequence(0x00400008, [object()])], []]),
    text(0x00281050, 'DS', '40\\400'),
    text(0x00281051, 'DS', '80\\2000'),
    ...image(8, 8, { frames: 2 }),
  );
  const pixels = { tag: 0x7fe00010, vr: 'OB', value: Buffer.alloc(128, 0x55) };
  const fragments = Array.from({ length: 4 }, (_, index) => Buffer.alloc(40, index + 1));
  const compressed = Buffer.concat([
    part10(elements, { transferSyntaxUID: '1.2.840.10008.1.2.4.90' }),
    encapsulated(fragments, offsets(0, 96)),
  ]);
  const spelt = (['explicit', 'implicit', 'big', 'deflated'] as const).map((spelling) => ({
    name: `made ${spelling}`,
    bytes: part10([...elements, pixels], { spelling }),
  }));
  return [...spelt, { name: 'made encapsulated', bytes: compressed }];
}
