import type { MadeInstance } from './made-instance.js';
import { newUid } from './new-uid.js';
import { COLUMNS, ROWS } from './pixels.js';
import { type Element, type Elements, EXPLICIT, writeFile } from './write-file.js';

export interface Making {
  SOPClassUID: string;
  study: string;
  series: string;
  instance?: string;
  TransferSyntaxUID?: string;
  /** What belongs to the patient, study and series. */
  shared: Elements;
  /** What is the instance's own, without UIDs and pixels. */
  own?: Elements;
  pixels?: {
    frames: readonly Buffer[];
    /** As they are encoded in the file; the frames themselves unless given. */
    codestreams?: readonly Buffer[];
    photometricInterpretation: string;
    samples?: 1 | 3;
    bitsAllocated: 8 | 16;
    bitsStored?: number;
  };
}

/** Makes an instance of a SOP class. */
export function makeInstance({ shared, own = [], pixels, ...made }: Making): MadeInstance {
  const { SOPClassUID, study, series, instance = newUid(), TransferSyntaxUID = EXPLICIT } = made;
  const elements: Elements = [
    ...shared,
    ...own,
    [0x00080016, 'UI', SOPClassUID],
    [0x00080018, 'UI', instance],
    [0x0020000d, 'UI', study],
    [0x0020000e, 'UI', series],
    ...(pixels ? pixelElements(pixels) : []),
  ];
  return {
    study,
    series,
    instance,
    SOPClassUID,
    TransferSyntaxUID,
    elements,
    file: writeFile(elements, TransferSyntaxUID),
    frames: pixels?.frames ?? [],
    codestreams: pixels?.codestreams ?? [],
  };
}

/** The Image Pixel Module (PS3.3 §C.7.6.3). */
function pixelElements(pixels: NonNullable<Making['pixels']>): Element[] {
  const {
    frames,
    codestreams,
    photometricInterpretation,
    samples = 1,
    bitsAllocated,
    bitsStored = bitsAllocated,
  } = pixels;
  const count = Math.max(frames.length, codestreams?.length ?? 0);
  const native = Buffer.concat(frames);
  return [
    [0x00280002, 'US', [samples]],
    [0x00280004, 'CS', photometricInterpretation],
    ...(samples === 3 ? [[0x00280006, 'US', [0]] as const] : []),
    ...(count > 1 ? [[0x00280008, 'IS', String(count)] as const] : []),
    [0x00280010, 'US', [ROWS]],
    [0x00280011, 'US', [COLUMNS]],
    [0x00280100, 'US', [bitsAllocated]],
    [0x00280101, 'US', [bitsStored]],
    [0x00280102, 'US', [bitsStored - 1]],
    [0x00280103, 'US', [0]],
    [0x7fe00010, bitsAllocated === 16 && !codestreams ? 'OW' : 'OB', codestreams ?? native],
  ];
}
