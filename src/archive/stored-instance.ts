import type { TransferSyntaxUID } from '../standard/transfer-syntaxes.js';
import type { PictureMediaType, Rendering } from '../standard/rendering.js';

/** A list is there at once, and is of a few MB at most. */
export type PayloadBytes = AsyncIterable<Buffer> | readonly Buffer[];

/** Bytes for an answer. */
export interface Payload {
  /** `application/dicom`, `application/octet-stream`, `image/jpeg` …, without parameters. */
  mediaType: string;
  /** Of DICOM objects, frames and pixel data. */
  transferSyntaxUID?: string;
  /** Undefined when it is not known before the end. */
  byteCount: number | undefined;
  /** Strong validator without quotes; undefined when there is none. */
  etag?: string;
  /** The bytes from `from` on, 0 unless given; a list where they are at hand. Nobody writes to them. */
  open: (from?: number) => PayloadBytes;
}

/** How an instance or frame is wanted: as stored (`transfer-syntax=*`), or in the transfer syntax of that UID. */
export type Representation = 'stored' | TransferSyntaxUID;

/** Of encapsulated documents. */
export type DocumentMediaType = 'application/pdf' | 'text/xml' | 'model/stl' | 'model/obj' | 'model/mtl';

export type RenderedMediaType =
  PictureMediaType | DocumentMediaType | 'video/mp4' | 'video/mpeg' | 'text/html' | 'text/plain';

export interface RenderedOptions {
  mediaType: RenderedMediaType;
  /**
   * From 1; more than one for an animated GIF alone. Default: the middle one, of a GIF all. Means nothing for what is no
   * picture, and so does `rendering`.
   */
  frames?: readonly number[];
  rendering?: Rendering;
}

/** False when the annotations that were asked for could not be written over the picture. */
export type RenderedPayload = Payload & { isAnnotated: boolean };

/** Those numbers of a list of frames that the instance has, and those beyond its last frame. */
export interface FrameList {
  numbers: number[];
  missing: number[];
}

/**
 * One instance, opened: its header is read and decoded at most once for all that is asked of it. Its state is that of the moment
 * when it was opened: whatever gives out stored bytes throws `unavailable` before it is sealed, and `gone` once it is retired.
 */
export interface StoredInstance {
  /** 0 for an instance without pixels. */
  readonly frameCount: number;
  /** Sorts out which frames of a list there are, counted from 1. Throws `not-found` when there is none of them (PS3.18 §10.4.1.1.6). */
  existingFrames(wanted: readonly number[]): FrameList;
  /** Whether `frame(…, as)` can answer: less than `Archive.canRepresent`, where metadata could not describe the colours. */
  canRepresentFrames(as: Representation): boolean;
  /** Of all values that the metadata gives by URI, in the order of the data set: upper-case tags and item numbers from 0. */
  readonly bulkPaths: readonly string[];
  /** Frame `number`, from 1. Throws `not-found` beyond the last, `not-acceptable` when it cannot be had so. */
  frame(number: number, as: Representation): Promise<Payload>;
  /** A value that the metadata gives by URI. Throws `not-found` for another path. */
  bulkData(path: string): Promise<Payload>;
  /**
   * The instance to look at (PS3.18 §10.4.1.1.3). Throws `bad-request` for a region outside of the picture, `too-large` for more
   * pixels than are decoded, `not-acceptable` for frames that cannot be decoded and for other than `renderedTypes`.
   */
  rendered(options: RenderedOptions): Promise<RenderedPayload>;
  /** The whole instance as `application/dicom`. Throws `not-acceptable` when it cannot be had so. */
  instance(as: Representation): Promise<Payload>;
  /** What its data set says, in whatever transfer syntax, as a digest (`dataSetContent`). Throws `not-acceptable` when it cannot be told. */
  content(options: { withVrs: boolean }): Promise<string>;
  /** The stored bytes in their own media type: the very file of an uploaded JPG/PNG. */
  storedFile(): Payload;
}
