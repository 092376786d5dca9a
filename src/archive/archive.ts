import type { Readable } from 'node:stream';
import type { Catalog, CatalogCounts, CatalogInstance, MassRetirement, QuarantinedImage } from '../catalog/catalog.js';
import type { Conflict } from '../catalog/conflict.js';
import type { Query, QueryResult, ResourceIds } from '../catalog/query.js';
import type { Label } from '../catalog/annotations.js';
import type { Visibility } from '../catalog/visibility.js';
import type { BulkData } from '../dicom/compose/compose-pixels.js';
import type { DataSetToCompose } from '../dicom/compose/compose-instance.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import type { Body, Ledger } from '../ledger/ledger.js';
import type { ImageDescription } from '../standard/image-attributes.js';
import type { Outcome } from './outcome.js';
import type { ArchiveChanges } from './changes/create-changes.js';
import type { Commitments } from './commitment/create-commitments.js';
import type { AcceptanceState } from './store/acceptance-state.js';
import type { PictureMediaType } from '../standard/rendering.js';
import type { Payload, RenderedMediaType, Representation, StoredInstance } from './stored-instance.js';

/** What a part claims to be. */
export type PartMediaType = 'application/dicom' | 'image/jpeg' | 'image/png';

/** Of an uploaded JPG/PNG: whose it is, and what else is said of it. */
export interface ImageParameters extends ImageDescription {
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
  /** Whether a rejection note retires what it names. */
  mayRetire?: boolean;
}

/** One value that metadata names by URI. */
export type BulkPart = BulkData;

/** Metadata and bulk data, of which this server makes a Part 10 file (PS3.18 §10.5). */
export interface IncomingDataSet extends DataSetToCompose, Pick<IncomingPart, 'StudyInstanceUID' | 'mayRetire'> {}

/** An instance as a search finds it: what the catalogue says of it, before a byte of it is read. */
export type FoundInstance = CatalogInstance;

/** A search of the catalogue (PS3.4 §C.2.2.2). */
export type ArchiveQuery = Query;
/** One page of what a search has found. */
export type ArchiveMatches = QueryResult;

/** A label of a study, with who has set it and when. */
export type StudyLabel = Label;

/** A study, series or instance by the UIDs that lead to it. */
export type ResourceUids = ResourceIds;

/** What is set on the studies that somebody stores into. */
export interface StoredLabels {
  labels: readonly string[];
  /** Who that is: a principal's issuer and subject. */
  setBy: string;
}

/** An announcement that is kept from all answers. */
export type QuarantinedAnnouncement = QuarantinedImage;
/** A UID that several sites have announced. */
export type UidConflict = Conflict;
/** Retirements of one site in one hour that are more than are taken without a person. */
export type RetiredHour = MassRetirement;

/** A site of the consortium, by the number and the name that the contract has. */
export interface ArchiveSite {
  siteId: number;
  name: string;
  isOwn: boolean;
}

/** How far this site has come with what other sites announce: numbers of now, and what that has cost since the start. */
export interface ReviewCounts {
  /** Announcements that wait to be read. */
  waiting: number;
  /** Announcements that there is no key for here, by site. */
  locked: readonly { siteId: number; count: number }[];
  /** Sealed instances of other sites that nobody has verified. */
  unverified: number;
  /** How long ago the oldest of those was sealed, by the clock of the chain's blocks; 0 when there are none. */
  oldestUnverifiedSeconds: number;
  /** In quarantine, and nobody has said yet what becomes of them. */
  quarantined: number;
  /** Studies and instances whose UID several sites have. */
  conflicts: number;
  /** Hours of a site whose retirements wait for an admin. */
  heldRetirements: number;
  /** Studies of this site whose instances name several patients. */
  mixedStudies: number;
  readingSeconds: number;
  verifyingSeconds: number;
}

/**
 * What other sites have announced, as an admin looks at it: all of it as in `Catalog`, without regard to who sees what, so that the
 * caller has to see everything. The same for every archive of a site.
 */
export interface Review extends Pick<
  Catalog,
  'quarantined' | 'decide' | 'conflicts' | 'massRetirements' | 'decideRetirements'
> {
  counts(): Promise<ReviewCounts>;
}

/** What is searched and retrieved of an archive: what a process that only reads can answer, too. */
export interface ReadingArchive extends Pick<
  Archive,
  | 'attribute'
  | 'search'
  | 'instances'
  | 'isGone'
  | 'metadata'
  | 'open'
  | 'fileAtHand'
  | 'isOwn'
  | 'canRepresent'
  | 'renderedTypes'
  | 'thumbnail'
  | 'sites'
> {
  seenBy(visibility: Visibility): ReadingArchive;
  ofSite(siteId: number): ReadingArchive;
}

/** What reading an instance from the chain again has shown: its bytes there, and what is wrong, in sentences. */
export interface Verification {
  byteCount: number;
  pieceCount: number;
  problems: string[];
}

/** What this site does with requests. All of it throws LedgerError; the fate of one part that is stored is a value. */
export interface Archive extends Commitments, ArchiveChanges {
  /**
   * This archive as somebody has it who sees no more than `visibility`: whatever is asked of it, by all that it says what is not seen
   * is not there. Of what that one stores, `labels` are set on the studies.
   */
  seenBy(visibility: Visibility, labels?: StoredLabels): Archive;
  /**
   * This archive as one site has stored it: nothing of another site is there, and what is shadowed is. Who sees what stays as it is.
   * Without it, each UID is that of the site which is shown.
   */
  ofSite(siteId: number): Archive;
  /** Every site that was ever admitted, by number; as it was known last while no node answers. */
  sites(): Promise<readonly ArchiveSite[]>;
  /** Whether this site has stored it. */
  isOwn(instance: FoundInstance): boolean;
  readonly review: Review;
  /**
   * Takes one part. Resolves when its bytes are on disk and the next part may be read, which waits while
   * `STORE_WINDOW_BYTES` are in flight; `outcome` settles later and never rejects.
   */
  receive(part: IncomingPart): Promise<{ outcome: Promise<Outcome> }>;
  /** As `receive`, of a file that is made first; what makes none is refused. */
  receiveDataSet(incoming: IncomingDataSet): Promise<{ outcome: Promise<Outcome> }>;
  /**
   * With `STORE_ACK=accepted`: writes down which instances of a request were accepted, and resolves with the id of that record
   * once it is on disk. Undefined when none was accepted, or when answers wait for the chain.
   */
  issueAcceptance(outcomes: readonly Outcome[]): Promise<string | undefined>;
  /** How far the instances of an acceptance have come; undefined for an unknown one. */
  acceptance(id: string): Promise<AcceptanceState | undefined>;
  retire(SOPInstanceUID: string, reason: string): Promise<void>;
  /**
   * Takes a retirement back, of an image of this site. Rejects with `not-found`, with `conflict` for what is not retired, and with `not-implemented` for one of
   * release 1.
   */
  restore(which: { SOPInstanceUID: string } | { imageId: Hex }): Promise<void>;
  /** `Ledger.retiredBy`. */
  retiredBy: Ledger['retiredBy'];
  /** Reads every piece from the chain again, of retired instances too. Problems are sentences; none = intact. `not-found`, `unavailable`. */
  verify(SOPInstanceUID: string): Promise<Verification>;
  /** The sealed images that there is no key for here, in no order that says anything. None for whoever does not see everything. */
  lockedImages(): AsyncIterable<{ imageId: string; siteId: number }>;
  /**
   * Reads all bodies of a sealed image that there is no key for, retired or not, and holds them against the addresses, the roots and the SHA-256
   * that were announced: whether the chain still has what its site has put there. Rejects as `verify` does, with `not-found` also for whoever does
   * not see everything.
   */
  verifyLocked(imageId: string): Promise<Verification>;

  /** Rejects with the reason of `signal` when that is aborted meanwhile. */
  search(query: ArchiveQuery, options?: { signal?: AbortSignal }): Promise<ArchiveMatches>;
  /** A retired one too; undefined for one that is not announced. */
  instance(SOPInstanceUID: string): Promise<FoundInstance | undefined>;
  /** The announced and sealed instances of a resource, by SeriesNumber, InstanceNumber and UIDs; none for an unknown one. */
  instances(uids: ResourceUids): Promise<readonly FoundInstance[]>;
  /** Whether a resource once had instances, and all of them are retired. */
  isGone(uids: ResourceUids): Promise<boolean>;
  /** The metadata of `instances(uids)` as JSON texts in its order, one at a time; BulkDataURIs begin with `studies/`. */
  metadata(uids: ResourceUids): AsyncIterable<string>;
  /**
   * The uploaded JPG/PNG files of a patient (exact PatientID), newest first, one at a time, retired ones too; of one `fileName`
   * when that is given. A file without a name goes by its SOPInstanceUID.
   */
  images(PatientID: string, fileName?: string): AsyncIterable<FoundInstance>;
  /** Of all sealed instances, in the order of the chain. */
  sealedSOPInstanceUIDs(): AsyncIterable<string>;
  /**
   * A text that is another one whenever anything that can be found may have changed. Undefined for whoever does not see everything: it tells
   * that others store, and labels change without it.
   */
  version(): Promise<string | undefined>;
  /** How many patients, studies, series and instances there are: announced or sealed. */
  counts(): Promise<CatalogCounts>;
  /** The instance's body on the chain: contract, coding, digest and addresses, for auditors. */
  body(instance: FoundInstance): Promise<Body>;

  /** The labels of a study of the site that is shown, or of `ofSite`, by name. Throws `not-found`. */
  labels(StudyInstanceUID: string): Promise<readonly StudyLabel[]>;
  /** Sets a label on a study that is there; it may have it already. Throws `not-found`, `bad-request` for what is no label. */
  addLabel(StudyInstanceUID: string, label: string, setBy: string): Promise<void>;
  /** Takes a label away from a study. Throws `not-found` for one that it does not have. */
  removeLabel(StudyInstanceUID: string, label: string): Promise<void>;

  /** Opens a found instance. Throws `unavailable` when a reorganisation has taken it back in the meantime. */
  open(instance: FoundInstance): Promise<StoredInstance>;
  /** What `(await open(instance)).instance('stored')` gives, where that was asked before and is known still. */
  fileAtHand(instance: FoundInstance): Payload | undefined;
  /** Whether `instance(as)` and `frame(…, as)` of it can answer, as far as the catalogue tells: for 406 before any work. */
  canRepresent(instance: FoundInstance, as: Representation): boolean;
  /** The media types in which it can be shown, the usual one first; none for what has no picture. Reads nothing. */
  renderedTypes(instance: FoundInstance): readonly RenderedMediaType[];
  /** The stored preview: as image/jpeg, the default, untouched. Throws `not-found` when there is none. */
  thumbnail(instance: FoundInstance, mediaType?: PictureMediaType): Promise<Payload>;

  /** PS3.6: by keyword (`PatientID`) or eight hex digits. Undefined for what is neither. */
  attribute(keywordOrTag: string): { tag: string; vr: string; keyword: string } | undefined;
}
