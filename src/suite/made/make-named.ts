import type { MadeInstance } from './made-instance.js';
import { makeInstance } from './make-instance.js';
import { newUid } from './new-uid.js';
import { grayPixels } from './pixels.js';

/** A name as it is encoded, and in Unicode. */
interface EncodedName {
  characterSet: string;
  bytes: Buffer;
  name: string;
  part: 'Alphabetic' | 'Ideographic';
}

const NAMES: readonly EncodedName[] = [
  { characterSet: 'ISO_IR 100', bytes: Buffer.from('Müller^Jörg', 'latin1'), name: 'Müller^Jörg', part: 'Alphabetic' },
  { characterSet: 'ISO_IR 192', bytes: Buffer.from('Wang^XiaoDong=王^小东'), name: '王^小东', part: 'Ideographic' },
  // The example of PS3.5 §H.3.1.
  {
    characterSet: '\\ISO 2022 IR 87',
    bytes: Buffer.from('Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B', 'latin1'),
    name: '山田^太郎',
    part: 'Ideographic',
  },
];

/** One instance, patient and study for each of several character sets. */
export function makeNamed(tag: string): (Omit<EncodedName, 'bytes'> & { instance: MadeInstance })[] {
  return NAMES.map(({ bytes, ...named }, index) => ({
    ...named,
    instance: makeInstance({
      SOPClassUID: '1.2.840.10008.5.1.4.1.1.7',
      study: newUid(),
      series: newUid(),
      shared: [
        [0x00080005, 'CS', named.characterSet],
        [0x00080020, 'DA', '20210601'],
        [0x00080030, 'TM', '120000'],
        [0x00080050, 'SH', `${tag}N${index}`],
        [0x00080060, 'CS', 'OT'],
        [0x00080064, 'CS', 'WSD'],
        [0x00080090, 'PN', ''],
        [0x00100010, 'PN', bytes],
        [0x00100020, 'LO', `${tag}-N${index}`],
        [0x00100030, 'DA', ''],
        [0x00100040, 'CS', ''],
        [0x00200010, 'SH', 'SUITE3'],
        [0x00200011, 'IS', '1'],
      ],
      own: [[0x00200013, 'IS', '1']],
      pixels: { frames: [grayPixels()], photometricInterpretation: 'MONOCHROME2', bitsAllocated: 8 },
    }),
  }));
}
