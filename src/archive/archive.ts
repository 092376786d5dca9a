import type { Readable } from 'node:stream';
import type { Catalog, CatalogInstance } from '../catalog/catalog.js';
import type { PictureMediaType, Rendering } from '../dicom/render/rendering.js';
import type { TransferSyntaxUID } from '../standard/transfer-syntaxes.js';
import type { Outcome } from './outcome.js';
import type { AcceptanceState } from './store/acceptance-state.js';

export type { CatalogInstance, Query, QueryResult, ResourceIds } from '../catalog/catalog.js';

export { MAX_VIEWPORT_SIDE as maxViewportSide } from '../dicom/render/rendering.js';
export type {
  Annotation,
  IccProfile,
  PictureMediaType,
  Rendering,
  Viewport,
  VoiWindow,
} from '../dicom/render/rendering.js';

/** What a part claims to be. */
export type PartMediaType = 'application/dicom' | 'image/jpeg' | 'image/png';

/** Of an uploaded JPG/PNG: whose it is. */
export interface ImageParameters {
  PatientID: string;
  StudyInstanceUID?: string;
  fileName?: string;
  /** YYYYMMDD or YYYYMMDDHHMMSS. */
  acquisition?: string;
}

export interface IncomingPart {
  mediaType: PartMediaType;
  /** Drained to its end whatever happens, unless it fails itself. */
  body: Readable;
  /** From the URL: a part of another study is refused with 0xA900. */
  StudyInstanceUID?: string;
  /** Mandatory for image/jpeg and image/png. */
  image?: ImageParameters;
}

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
  /** The bytes from `from` on, 0 unless given. */
  open: (from?: number) => AsyncIterable<Buffer>;
}

/** How an instance or frame is wanted: as stored (`transfer-syntax=*`), or in the transfer syntax of that UID. */
export type Representation = 'stored' | TransferSyntaxUID;

export type RenderedMediaType =
  PictureMediaType | DocumentMediaType | 'video/mp4' | 'video/mpeg' | 'text/html' | 'text/plain';

/** Of encapsulated documents. */
export type DocumentMediaType = 'application/pdf' | 'text/xml' | 'model/stl' | 'model/obj' | 'model/mtl';

export interface RenderedOptions {
  mediaType: RenderedMediaType;
  /**
   * From 1; more than one for an animated GIF alone. Default: the middle one, of a GIF all. Means nothing for what is no
   * picture, and so does `rendering`.
   */
  frames?: readonly number[];
  rendering?: Rendering;
}

/** The stories of this site's requests. All of them throw LedgerError; the fate of one part is a value. */
export interface Archive {
  readonly catalog: Catalog;

  /**
   * Takes one part. Resolves when its bytes are on disk and the next part may be read, which waits while
   * `STORE_WINDOW_BYTES` are in flight; `outcome` settles later and never rejects.
   */
  receive(part: IncomingPart): Promise<{ outcome: Promise<Outcome> }>;
  /**
   * With `STORE_ACK=accepted`: the id of a receipt for what was accepted, once it is on disk; undefined when nothing was, or
   * when answers wait for the chain.
   */
  issueReceipt(outcomes: readonly Outcome[]): Promise<string | undefined>;
  /** Where the instances of a receipt stand; undefined for an unknown one. */
  receipt(id: string): Promise<AcceptanceState | undefined>;
  retire(SOPInstanceUID: string, reason: string): Promise<void>;
  /** Reads every piece from the chain again, of retired instances too. Problems are sentences; none = intact. `not-found`, `unavailable`. */
  verify(SOPInstanceUID: string): Promise<{ byteCount: number; pieceCount: number; problems: string[] }>;

  /** The instance as `application/dicom`; `not-acceptable` when it cannot be had so, `unavailable` before it is sealed. */
  instance(instance: CatalogInstance, as: Representation): Promise<Payload>;
  /** The stored bytes in their own media type: the very file of an uploaded JPG/PNG. */
  storedFile(instance: CatalogInstance): Promise<Payload>;
  /** Whether `instance(…, as)` and `frame(…, as)` can answer, as far as the catalogue tells: for 406 before any work. */
  canRepresent(instance: CatalogInstance, as: Representation): boolean;
  frameCount(instance: CatalogInstance): number;
  /** Frame `number` counts from 1; `not-found` beyond the last. */
  frame(instance: CatalogInstance, number: number, as: Representation): Promise<Payload>;
  /** A value that the metadata gives by URI; `not-found` for another path. */
  bulkData(instance: CatalogInstance, path: string): Promise<Payload>;
  /** The stored preview, untouched: image/jpeg. */
  thumbnail(instance: CatalogInstance): Payload;
  /** The media types in which the instance can be shown, the usual one first; none for what has no picture. Reads nothing. */
  renderedTypes(instance: CatalogInstance): readonly RenderedMediaType[];
  /**
   * The instance to look at: `bad-request` for a region outside of the picture, `not-acceptable` for frames that cannot be
   * decoded, `not-implemented` for other than `renderedTypes`. `isAnnotated` is false when the annotations that
   * were asked for could not be written.
   */
  rendered(instance: CatalogInstance, options: RenderedOptions): Promise<Payload & { isAnnotated: boolean }>;

  /** PS3.6: by keyword (`PatientID`) or eight hex digits. Undefined for what is neither. */
  attribute(keywordOrTag: string): { tag: string; vr: string; keyword: string } | undefined;
}
