import type { PaperMediaType } from './data-set.js';
import type { Level } from './passes.js';
import type { LoadTimes, StoreTimes } from './records.js';

/** An image as it is stored: a variant of the bytes of its file. */
export interface ImageToSend {
  fileName: string;
  mediaType: PaperMediaType;
  bytes: Buffer;
}

/** What was loaded, image by image, and their names. */
export type Loaded = LoadTimes & { loaded: Buffer[]; names: string[] };

/** Somebody who stores a patient's images at one site and loads them at another, by one of the methods. */
export interface Researcher {
  store: (
    stored: { patientId: string; images: readonly ImageToSend[] },
    options: { withPreview: boolean },
  ) => Promise<StoreTimes>;
  load: (
    stored: { patientId: string; fileNames: readonly string[] },
    options: { withPreview: boolean; level: Level },
  ) => Promise<Loaded>;
}
