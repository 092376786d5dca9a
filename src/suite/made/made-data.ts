import { randomInt } from 'node:crypto';
import { makeCompressed } from './make-compressed.js';
import { makeDocuments } from './make-documents.js';
import { makeInstance } from './make-instance.js';
import { makeNamed } from './make-named.js';
import type { MadeInstance } from './made-instance.js';
import { newUid } from './new-uid.js';
import { colourPixels, deepPixels, grayPixels } from './pixels.js';
import type { Elements } from './write-file.js';

/** What one run stores: its own UIDs and patients, so that runs do not meet. */
export interface MadeData {
  /** Begins each PatientID and AccessionNumber of the run. */
  tag: string;
  /** The main study: five series, six instances. */
  main: {
    study: string;
    all: readonly MadeInstance[];
    /** CT slices 1 and 2 of one series, 12 of 16 bit. */
    first: MadeInstance;
    second: MadeInstance;
    /** Three frames of 8 bit. */
    frames: MadeInstance;
    colour: MadeInstance;
    report: MadeInstance;
    document: MadeInstance;
    /** What the Encapsulated Document of `document` holds. */
    pdf: Buffer;
  };
  /** One instance in each of other transfer syntaxes, by the name of that. */
  compressed: ReadonlyMap<string, MadeInstance>;
  /** Instances whose PatientName is in another character set, with that name in Unicode. */
  named: readonly { instance: MadeInstance; characterSet: string; name: string; part: 'Alphabetic' | 'Ideographic' }[];
}

/** Keys of the main study, which searches look for. */
export const MAIN_STUDY = {
  StudyDate: '20200229',
  StudyTime: '101530',
  ReferringPhysicianName: 'Referrer^Rita',
  PatientName: 'Suite^Anna',
  PatientBirthDate: '19700131',
  PatientSex: 'F',
  StudyID: 'SUITE1',
  StudyDescription: 'Conformance of a server',
} as const;

export function makeData(): MadeData {
  const tag = `CS${randomInt(1e9)}`;
  const study = newUid();
  const { first, second } = makeSlices(tag, study);
  const frames = makeInstance({
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.7.2',
    study,
    series: newUid(),
    shared: [...sharedOf(tag), [0x00080060, 'CS', 'OT'], [0x00200011, 'IS', '2']],
    own: [
      [0x00200013, 'IS', '1'],
      [0x00280009, 'AT', Buffer.from([0x18, 0, 0x63, 0x10])],
      [0x00181063, 'DS', '40'],
    ],
    pixels: { frames: [0, 1, 2].map(grayPixels), photometricInterpretation: 'MONOCHROME2', bitsAllocated: 8 },
  });
  const colour = makeInstance({
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.7',
    study,
    series: newUid(),
    shared: [...sharedOf(tag), [0x00080060, 'CS', 'OT'], [0x00200011, 'IS', '3']],
    own: [
      [0x00200013, 'IS', '1'],
      [0x00080064, 'CS', 'WSD'],
    ],
    pixels: { frames: [colourPixels()], photometricInterpretation: 'RGB', samples: 3, bitsAllocated: 8 },
  });
  const { report, document, pdf } = makeDocuments(study, sharedOf(tag));
  return {
    tag,
    main: {
      study,
      all: [first, second, frames, colour, report, document],
      first,
      second,
      frames,
      colour,
      report,
      document,
      pdf,
    },
    compressed: makeCompressed(tag),
    named: makeNamed(tag),
  };
}

/** The Patient and General Study Modules of the main study. */
function sharedOf(tag: string): Elements {
  return [
    [0x00080005, 'CS', 'ISO_IR 192'],
    [0x00080020, 'DA', MAIN_STUDY.StudyDate],
    [0x00080030, 'TM', MAIN_STUDY.StudyTime],
    [0x00080050, 'SH', tag],
    [0x00080090, 'PN', MAIN_STUDY.ReferringPhysicianName],
    [0x00081030, 'LO', MAIN_STUDY.StudyDescription],
    [0x00100010, 'PN', MAIN_STUDY.PatientName],
    [0x00100020, 'LO', `${tag}-A`],
    [0x00100030, 'DA', MAIN_STUDY.PatientBirthDate],
    [0x00100040, 'CS', MAIN_STUDY.PatientSex],
    [0x00200010, 'SH', MAIN_STUDY.StudyID],
  ];
}

/** Two slices of one CT series, with a window, an empty element, a sequence and private elements. */
function makeSlices(tag: string, study: string): { first: MadeInstance; second: MadeInstance } {
  const series = newUid();
  const frame = newUid();
  const shared: Elements = [
    ...sharedOf(tag),
    [0x00080060, 'CS', 'CT'],
    [0x0008103e, 'LO', 'Slices'],
    [0x00200011, 'IS', '1'],
    [0x00200052, 'UI', frame],
    [0x00400244, 'DA', MAIN_STUDY.StudyDate],
    [0x00400245, 'TM', '101600'],
    [
      0x00400275,
      'SQ',
      [
        [
          [0x00400009, 'SH', 'STEP1'],
          [0x00401001, 'SH', 'PROC1'],
        ],
      ],
    ],
  ];
  const [first, second] = [1, 2].map((number) =>
    makeInstance({
      SOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
      study,
      series,
      shared,
      own: [
        [0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\AXIAL'],
        [0x00080070, 'LO', 'Suite'],
        [0x00090010, 'LO', 'DICOMWEB SUITE'],
        [0x00091001, 'LO', 'private value'],
        [0x00180050, 'DS', '2.5'],
        [0x00181030, 'LO', ''],
        [0x00200013, 'IS', String(number)],
        [0x00200020, 'CS', ''],
        [0x00200032, 'DS', `-16\\-12\\${number * 2.5}`],
        [0x00200037, 'DS', '1\\0\\0\\0\\1\\0'],
        [0x00280030, 'DS', '1\\1'],
        [0x00281050, 'DS', '976'],
        [0x00281051, 'DS', '2000'],
        [0x00281052, 'DS', '-1024'],
        [0x00281053, 'DS', '1'],
      ],
      pixels: {
        frames: [deepPixels(number)],
        photometricInterpretation: 'MONOCHROME2',
        bitsAllocated: 16,
        bitsStored: 12,
      },
    }),
  );
  return { first: first as MadeInstance, second: second as MadeInstance };
}
