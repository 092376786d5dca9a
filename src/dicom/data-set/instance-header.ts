/** PS3.5 §6.2 value representations, as two letters. */
export type VR = string;

/** Longer values are left out of a header. */
export const MAX_KEPT_VALUE_BYTES = 4_096;

/** A value that is left out of a header's data set because it is longer than `MAX_KEPT_VALUE_BYTES`. */
export interface BulkValue {
  /** Upper-case tags and 0-based item numbers: `7FE00010`, `54000100/0/54001010`. */
  path: string;
  vr: VR;
  /** First byte of the value field in the instance (for a deflated one: in the inflated data set, counted from its first byte). */
  offset: number;
  byteCount: number;
}

/** One piece of an encapsulated frame: offset in the instance and length, without the item tag (PS3.5 §A.4). */
export type Fragment = readonly [offset: number, byteCount: number];

/** Where each frame's bytes are in the instance (for a deflated one: in the inflated data set). */
export type FrameLayout =
  | {
      kind: 'native';
      offset: number;
      /** Bits of one frame; not always a multiple of 8 (1-bit segmentations). */
      frameBits: number;
      frameCount: number;
    }
  | { kind: 'encapsulated'; frames: readonly (readonly Fragment[])[] };

/** How the stored bytes relate to the data set: a Part 10 file, or an image file that is shown as a Secondary Capture. */
export type InstanceSource = 'part10' | 'image/jpeg' | 'image/png';

/** What the encrypted body of an instance holds, before its padding. */
export interface EncryptedContent {
  /** Body coding of what is inside, 0 to 255; for the archive to know. */
  scheme: number;
  /** Of what is inside. */
  byteCount: number;
  /** Of the bytes as they were given, 64 hex digits: the chain has only that of the encrypted ones. */
  sha256: string;
}

/**
 * What is announced of an instance: all that a site needs to search and describe it, and to find its frames and long
 * values in the stored bytes. Kept on the chain beside the preview. `dataSet` is the data set in the instance's own
 * encoding (deflated: explicit little endian) with every value over 4,096 bytes and all pixel data emptied and every
 * sequence and item of undefined length.
 */
export interface InstanceHeader {
  source: InstanceSource;
  transferSyntaxUID: string;
  /** File Meta group (0002,xxxx) as it stands in the file, in little endian, without preamble and prefix. Empty for images. */
  fileMeta: Buffer;
  /** Where the data set begins in the instance; 0 for images. */
  dataSetOffset: number;
  /** SHA-256 of the bytes from `dataSetOffset` to the end, hex: equal for equal data sets under another File Meta. */
  dataSetSha256: string;
  dataSet: Buffer;
  bulk: readonly BulkValue[];
  frames: FrameLayout | undefined;
  /** Bytes of the whole instance, where its body on the chain has another number of them. */
  byteCount?: number;
  /** Of an instance whose bodies are encrypted; `byteCount` is there then, too. */
  encrypted?: EncryptedContent;
  /** Of an uploaded image. */
  fileName?: string;
  /** YYYYMMDD or YYYYMMDDHHMMSS, of an uploaded image. */
  acquisition?: string;
  /** Who has given the PatientID, as the site that stored it says, where the data set has no IssuerOfPatientID; at most 64 characters. */
  patientIdIssuer?: string;
}
