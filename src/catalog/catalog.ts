import type { DicomJson } from '../standard/dicom-json.js';

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
export interface CatalogInstance extends Omit<InstanceRecord, 'study' | 'series' | 'metadata' | 'preview'> {
  state: InstanceState;
  /** Block times in seconds since 1970; undefined when it has not happened. */
  announcedAt: number;
  sealedAt: number | undefined;
  retiredAt: number | undefined;
  announcedBlock: bigint;
  sealedBlock: bigint | undefined;
  retiredReason: string | undefined;
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

/** Searchable projection of the chain. Synchronous: SQLite is. Can be deleted and rebuilt. */
export interface Catalog {
  /** The last block that was applied. */
  cursor(): CatalogBlock | undefined;
  /** The hash applied at that height, for the last 256 blocks that were applied. */
  hashAt(number: bigint): string | undefined;
  /** Applies one block's changes and moves the cursor in one transaction. `timestamp` is the block's, in seconds. */
  apply(block: CatalogBlock & { timestamp: number }, changes: Change[]): void;
  /** Undoes every block above `to`. The result equals a replay from block 0 to `to`. */
  rollback(to: CatalogBlock): void;

  search(query: Query): QueryResult;
  /** Also retired ones: the routes answer 410 for them. Withdrawn ones are gone. */
  instance(SOPInstanceUID: string): CatalogInstance | undefined;
  /** By image key. */
  image(imageKey: string): CatalogInstance | undefined;
  /** Instances below a resource that are announced or sealed, ordered by SeriesNumber, InstanceNumber, UIDs. Empty for unknown ones. */
  instances(ids: ResourceIds): CatalogInstance[];
  /** True when the resource once had instances and all are retired. */
  isGone(ids: ResourceIds): boolean;
  /** Metadata JSON texts of `instances(ids)`, in its order, one at a time. */
  metadata(ids: ResourceIds): Generator<string>;
  preview(imageKey: string): Buffer | undefined;
  /**
   * Uploaded JPG/PNG files of a patient (exact PatientID), newest first, one at a time; `fileName` narrows, a file without a name
   * goes by its SOPInstanceUID. Retired ones too, with their state.
   */
  images(PatientID: string, fileName?: string): Generator<CatalogInstance>;
  /** All image keys that are sealed, in chain order: for `verify --all`. */
  sealedSOPInstanceUIDs(): Generator<string>;
  counts(): { patients: number; studies: number; series: number; instances: number };
  close(): void;
}
