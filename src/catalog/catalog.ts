import type { DicomJson } from '../standard/dicom-json.js';
import type { Annotations } from './annotations.js';
import type { Visibility } from './visibility.js';

export interface CatalogBlock {
  number: bigint;
  hash: string;
}

/** Announced = found, with its thumbnail; sealed = can be retrieved; retired = 410 Gone. */
export type InstanceState = 'announced' | 'sealed' | 'retired';

/** What is kept of an instance besides its searchable attributes. All sizes in bytes. */
export interface InstanceRecord {
  imageKey: string;
  patientKey: string;
  siteId: number;
  StudyInstanceUID: string;
  SeriesInstanceUID: string;
  SOPInstanceUID: string;
  SOPClassUID: string;
  /** Of the stored bytes. */
  transferSyntaxUID: string;
  /** `application/dicom`, `image/jpeg` or `image/png`: what the stored bytes are. */
  mediaType: string;
  byteCount: number;
  /** Of the stored bytes, hex. */
  sha256: string;
  /** Of the data set alone, hex: equal for equal data sets under another File Meta. */
  dataSetSha256: string;
  /** Of an uploaded JPG/PNG. */
  fileName: string | undefined;
  /** Patient and study level attributes as this instance has them. */
  study: DicomJson;
  series: DicomJson;
  /** Instance level attributes that are worth a search or an includefield; no bulk. */
  instance: DicomJson;
  /** The whole metadata as JSON text; its BulkDataURIs are relative to the DICOMweb root (`studies/…`). */
  metadata: string;
  /** The header body as it is on the chain, for the archive to decode. */
  header: Buffer;
  /** The stored preview; empty for none. */
  preview: Buffer;
  /** The instance's body on the chain, as JSON text for the archive. */
  body: string;
}

interface ChangeBase {
  imageKey: string;
  /** Position within the block: ascending. */
  logIndex: number;
}

/** What one event of a block changes. */
export type Change = ChangeBase &
  (
    | { kind: 'announced'; record: InstanceRecord }
    | { kind: 'sealed'; /** the body with its pages, as JSON text */ body: string }
    | { kind: 'withdrawn' }
    | { kind: 'retired'; reason: string; by: string }
  );

/** An instance as the archive and the routes need it. */
export interface CatalogInstance extends Omit<
  InstanceRecord,
  'dataSetSha256' | 'study' | 'series' | 'metadata' | 'header' | 'preview' | 'body'
> {
  state: InstanceState;
  /** Block times in seconds since 1970; undefined when it has not happened. */
  announcedAt: number;
  sealedAt: number | undefined;
  retiredAt: number | undefined;
  announcedBlock: bigint;
  sealedBlock: bigint | undefined;
  retiredReason: string | undefined;
}

/** What the archive reads an instance by. */
export interface InstanceBodies {
  /** The header body as it is on the chain. */
  header: Buffer;
  /** The instance's body on the chain as JSON text, with its pages once it is sealed. */
  body: string;
}

export type QueryLevel = 'patient' | 'study' | 'series' | 'instance';

/** One matching key (PS3.4 §C.2.2.2). `values` has more than one for a UID list or ModalitiesInStudy=CT,MR: any of them. */
export interface MatchingKey {
  /** Eight upper-case hex digits; for a sequence several, outermost first. */
  path: string[];
  vr: string;
  /** As decoded from the URL: may hold `*`, `?` or a range `a-b`, `a-`, `-b`. */
  values: string[];
}

export interface Query {
  level: QueryLevel;
  StudyInstanceUID?: string;
  SeriesInstanceUID?: string;
  match: MatchingKey[];
  /** Tags wanted besides the defaults, or `all`. */
  include: string[][] | 'all';
  /** PN by word prefix, case- and accent-insensitive. */
  fuzzy: boolean;
  limit: number;
  offset: number;
}

export interface QueryResult {
  /** One per match, keys ascending, without Retrieve URL (the routes know the root). */
  matches: DicomJson[];
  /** How many match beyond `offset + matches.length`. */
  remaining: number;
}

export interface ResourceIds {
  StudyInstanceUID: string;
  SeriesInstanceUID?: string;
  SOPInstanceUID?: string;
}

/** One block of the chain and what its events change, ascending by `logIndex`. */
export interface AppliedBlock {
  block: CatalogBlock & { /** The block's, in seconds since 1970. */ timestamp: number };
  changes: readonly Change[];
}

/** What storing needs to know of an image on the chain: how far it is, and whether it is the same object. */
export interface ProjectedImage extends Pick<
  InstanceRecord,
  | 'StudyInstanceUID'
  | 'SeriesInstanceUID'
  | 'SOPInstanceUID'
  | 'SOPClassUID'
  | 'transferSyntaxUID'
  | 'mediaType'
  | 'sha256'
  | 'dataSetSha256'
> {
  state: InstanceState;
  /** Undefined until it is sealed. */
  sealedBlock: bigint | undefined;
}

/**
 * How far the projection has come, and how each image stands in it: the small part of a catalogue that storing and following ask at
 * every block, and that therefore answers at once. It changes only with `apply` and `rollback` of its catalogue. SQLite reads it
 * from its file, which is local; a catalogue on a database server would keep it in memory, and read it when it is opened.
 */
export interface ProjectionState {
  /** The last block that was applied; undefined for an empty catalogue. */
  cursor(): CatalogBlock | undefined;
  /** The hash applied at that height, for the last 256 blocks that were applied. */
  hashAt(number: bigint): string | undefined;
  /** Undefined for what was never announced or was withdrawn. */
  image(imageKey: string): ProjectedImage | undefined;
  /** The body of an image that is there after block `at`, as it was announced; `at` is one of the last 256 blocks or later. */
  announcedBody(imageKey: string, at: bigint): string | undefined;
}

/**
 * The searchable projection of the chain. It holds nothing that the chain does not have, so it can be deleted and rebuilt; what people
 * of this site say of studies is kept apart, in its `annotations`. Everything but its `projection` may be on a server, and may reject
 * with `unavailable`.
 */
export interface Catalog {
  readonly projection: ProjectionState;
  readonly annotations: Annotations;

  /** Applies one block and moves the cursor to it in one transaction. Rejects with `internal` for a block that is not above the cursor. */
  apply(block: AppliedBlock['block'], changes: readonly Change[]): Promise<void>;
  /**
   * Undoes every block above `to` and applies `blocks` in their place, in one transaction: nobody sees what is between. The result
   * equals a replay from block 0 to `to` and on to the last of `blocks`.
   */
  rollback(to: CatalogBlock, blocks?: readonly AppliedBlock[]): Promise<void>;
  /** All reading goes this way, so that nobody reads without saying for whom. */
  seenBy(visibility: Visibility): CatalogReader;
  close(): Promise<void>;
}

/**
 * A catalogue as somebody has it: all answers are those of a catalogue that only ever got the announcements of the studies that one
 * sees, with their counts, pages, orders and descriptions. A patient is there when one of its studies is.
 */
export interface CatalogReader {
  search(query: Query): Promise<QueryResult>;
  /** Whether instances of the study are there: announced, sealed or retired. */
  hasStudy(StudyInstanceUID: string): Promise<boolean>;
  /** Also retired ones: the routes answer 410 for them. Withdrawn ones are gone. */
  instance(SOPInstanceUID: string): Promise<CatalogInstance | undefined>;
  /** Instances below a resource that are announced or sealed, ordered by SeriesNumber, InstanceNumber, UIDs. Empty for unknown ones. */
  instances(ids: ResourceIds): Promise<CatalogInstance[]>;
  /** True when the resource once had instances and all are retired. */
  isGone(ids: ResourceIds): Promise<boolean>;
  /** Metadata JSON texts of `instances(ids)`, in its order, one at a time. */
  metadata(ids: ResourceIds): AsyncIterable<string>;
  /** Undefined for an unknown image, and for one that was withdrawn. */
  bodies(imageKey: string): Promise<InstanceBodies | undefined>;
  preview(imageKey: string): Promise<Buffer | undefined>;
  /**
   * Uploaded JPG/PNG files of a patient (exact PatientID), newest first, one at a time; `fileName` narrows, a file without a name
   * goes by its SOPInstanceUID. Retired ones too, with their state.
   */
  images(PatientID: string, fileName?: string): AsyncIterable<CatalogInstance>;
  /** The SOP Instance UIDs of all sealed instances, in chain order: for `verify --all`. */
  sealedSOPInstanceUIDs(): AsyncIterable<string>;
  /** How many there are of each, announced or sealed. */
  counts(): Promise<CatalogCounts>;
}

export type CatalogCounts = Record<'patients' | 'studies' | 'series' | 'instances', number>;
