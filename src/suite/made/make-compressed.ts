import { madeCodestreams } from './made-codestreams.js';
import type { MadeInstance } from './made-instance.js';
import { makeInstance } from './make-instance.js';
import { newUid } from './new-uid.js';
import { deepPixels, grayPixels, runLengthEncoded } from './pixels.js';
import { DEFLATED, type Elements, IMPLICIT } from './write-file.js';

const GRAY = { photometricInterpretation: 'MONOCHROME2', bitsAllocated: 8 } as const;
const DEEP = { photometricInterpretation: 'MONOCHROME2', bitsAllocated: 16, bitsStored: 12 } as const;

/** One instance in each transfer syntax besides Explicit VR Little Endian, all of one study of a patient of their own. */
export function makeCompressed(tag: string): ReadonlyMap<string, MadeInstance> {
  const [study, series] = [newUid(), newUid()];
  const lossless = [grayPixels()];
  const kinds = {
    'Implicit VR Little Endian': [IMPLICIT, { ...DEEP, frames: [deepPixels()] }],
    'Deflated Explicit VR Little Endian': [DEFLATED, { ...DEEP, frames: [deepPixels()] }],
    'RLE Lossless': [
      '1.2.840.10008.1.2.5',
      { ...DEEP, frames: [deepPixels()], codestreams: [runLengthEncoded(deepPixels(), 2)] },
    ],
    'JPEG Baseline': ['1.2.840.10008.1.2.4.50', { ...GRAY, frames: [], codestreams: [madeCodestreams.JPEG_BASELINE] }],
    'JPEG Lossless': [
      '1.2.840.10008.1.2.4.70',
      { ...GRAY, frames: lossless, codestreams: [madeCodestreams.JPEG_LOSSLESS] },
    ],
    'JPEG-LS Lossless': [
      '1.2.840.10008.1.2.4.80',
      { ...GRAY, frames: lossless, codestreams: [madeCodestreams.JPEG_LS] },
    ],
    'JPEG 2000 Lossless': [
      '1.2.840.10008.1.2.4.90',
      { ...GRAY, frames: lossless, codestreams: [madeCodestreams.JPEG_2000] },
    ],
  } as const;
  return new Map(
    Object.entries(kinds).map(([name, [TransferSyntaxUID, pixels]], index) => {
      const isLossy = name === 'JPEG Baseline';
      const shared: Elements = [
        [0x00080020, 'DA', '20210315'],
        [0x00080030, 'TM', '080000'],
        [0x00080050, 'SH', `${tag}C`],
        [0x00080060, 'CS', 'OT'],
        [0x00080064, 'CS', 'WSD'],
        [0x00080090, 'PN', ''],
        [0x00100010, 'PN', 'Suite^Bert'],
        [0x00100020, 'LO', `${tag}-B`],
        [0x00100030, 'DA', ''],
        [0x00100040, 'CS', 'M'],
        [0x00200010, 'SH', 'SUITE2'],
        [0x00200011, 'IS', '1'],
      ];
      const own: Elements = [
        [0x00200013, 'IS', String(index + 1)],
        ...(isLossy
          ? ([
              [0x00282110, 'CS', '01'],
              [0x00282112, 'DS', '2'],
              [0x00282114, 'CS', 'ISO_10918_1'],
            ] as const)
          : []),
      ];
      return [
        name,
        makeInstance({
          SOPClassUID: '1.2.840.10008.5.1.4.1.1.7',
          study,
          series,
          TransferSyntaxUID,
          shared,
          own,
          pixels,
        }),
      ];
    }),
  );
}
