import type { JsonElement } from '../standard/dicom-json.js';
import type { Annotations } from './annotations.js';
import type { ChangeFeed } from './change-feed.js';
import type { AnnouncedImage, Change, InstanceRecord, QuarantineReason, Reading } from './change.js';
import type { Conflict } from './conflict.js';
import type { OwnTag } from './matching/instance-parts.js';
import type { Query, QueryResult, ResourceIds } from './query.js';
import type { RingQueries } from './ring-queries.js';
import type { Visibility } from './visibility.js';

export interface CatalogBlock {
  number: bigint;
  hash: string;
}

/** Announced = found, with its thumbnail; sealed = can be retrieved, once it is verified; retired = 410 Gone. */
export type InstanceState = 'announced' | 'sealed' | 'retired';

/** An instance as the archive and the routes need it. */
export interface CatalogInstance extends Omit<
  InstanceRecord,
  'dataSetSha256' | 'issuer' | 'issuerHash' | 'study' | 'series' | 'instance' | 'metadata' | 'header' | 'preview'
> {
  /** Of what it says itself, what is its own: the rest is in its metadata. */
  instance: Readonly<Partial<Record<OwnTag, JsonElement>>>;
  /** Of its row: where it was announced on the chain. */
  id: number;
  contract: string;
  siteId: number;
  imageId: string;
  /** The four as in `AnnouncedImage`. */
  imageKey: string;
  patientKey: string;
  ringId: string | undefined;
  studyKey: string | undefined;
  contentKey: string;
  state: InstanceState;
  /** Whether the bytes were found to be what header and preview say: always so of what this site has stored. */
  isVerified: boolean;
  /** Its site retires many images in one hour, and nobody here has said yet whether that is to have effect. */
  isRetirementHeld: boolean;
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
  /** Of which content they are: a reorganisation may have put another image into the row. */
  contentKey: string;
  /** The header body as it is on the chain. */
  header: Buffer;
  /** The instance's body on the chain as it was announced, as JSON text. */
  body: string;
  /** Addresses of its pages as JSON text; undefined until it is sealed. */
  pages: string | undefined;
}

/** An announcement that waits to be read. */
export interface WaitingImage extends AnnouncedImage {
  id: number;
  announcedBlock: bigint;
  /** An admin has let it out of the quarantine: what keeps others there is no reason for it. */
  isReleased: boolean;
  /** How often it was begun before and did not end. */
  tries: number;
  /** How often `unlock` was called before. */
  unlockCount: number;
}

/** What reading an announcement that waited came to. */
export interface LateReading extends Pick<WaitingImage, 'id' | 'contentKey' | 'isReleased' | 'unlockCount'> {
  reading: Exclude<Reading, { kind: 'waiting' }>;
}

/** What is kept from all answers, as an admin sees it. */
export interface QuarantinedImage {
  id: number;
  siteId: number;
  contract: string;
  imageId: string;
  contentKey: string;
  reason: QuarantineReason;
  detail: string;
  state: InstanceState | 'withdrawn';
  /** Block time, seconds since 1970. */
  announcedAt: number;
  /** Where the header could be read. */
  StudyInstanceUID: string | undefined;
  SOPInstanceUID: string | undefined;
  /** An admin has looked at it and keeps it there. */
  isRefused: boolean;
}

/** Retirements of one site in one hour of the chain that are more than `RETIREMENTS_PER_HOUR`. */
export interface MassRetirement {
  siteId: number;
  /** Its beginning, in seconds since 1970. */
  hour: number;
  count: number;
  decision: 'held' | 'accepted' | 'refused';
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
  siteId: number;
  /** Digest of its announcement. */
  contentKey: string;
  isVerified: boolean;
  state: InstanceState;
  /** Undefined until it is sealed. */
  sealedBlock: bigint | undefined;
}

/** An image of this site that was read, and not withdrawn. */
export interface OwnImage extends ProjectedImage, Pick<AnnouncedImage, 'contract' | 'imageId'> {
  /** Undefined for what is in answers. */
  hidden: QuarantineReason | undefined;
}

/** Who holds an image ID on the chain, whether or not that can be read here. */
export interface KeyHolder {
  siteId: number;
  state: InstanceState;
  /** Undefined for what is in answers. */
  hidden: 'waiting' | 'locked' | 'dismissed' | QuarantineReason | undefined;
}

/**
 * How far the projection has come, and how each image stands in it: the small part of a catalogue that storing and following ask at
 * every block, and that therefore answers at once. It changes only with `apply`, `rollback`, `read` and `judge` of its catalogue. SQLite
 * reads it from its file; from a database server it is asked for over a connection of its own, and each may throw `unavailable`.
 */
export interface ProjectionState {
  /** The last block that was applied; undefined for an empty catalogue. */
  cursor(): CatalogBlock | undefined;
  /** The hash applied at that height, for the last 256 blocks that were applied. */
  hashAt(number: bigint): string | undefined;
  /** An image that is in answers, of this site if it has it; undefined for what is not there, was withdrawn, or is hidden. */
  image(imageId: string): ProjectedImage | undefined;
  /** The newest that was announced under the key and not withdrawn, hidden ones too. */
  holder(imageId: string): KeyHolder | undefined;
  /** This site's image of a SOP Instance UID, at whatever contract; of several the one in answers, else the first on the chain. */
  own(SOPInstanceUID: string): OwnImage | undefined;
  /** Whether what an announcement says has been read, on whatever branch. */
  isRead(contentKey: string): boolean;
  /**
   * Announcements that wait to be read, and instances of others that are not verified yet; of those, the block time in seconds since
   * 1970 at which the oldest was sealed, undefined when there are none.
   */
  backlog(): { waiting: number; unverified: number; unverifiedSince: number | undefined };
}

/**
 * The searchable projection of the chain. It holds nothing that the chain does not have, so it can be deleted and rebuilt; what people
 * of this site say of studies, and what it found out about contents, is kept apart, in its `annotations`. Rows are ordered by their
 * positions on the chain: whatever is read late, in whatever order, ends in the same catalogue. It may be
 * on a server: then all of it may reject with `unavailable`, and of the servers that share it one writes.
 */
export interface Catalog extends RingQueries {
  readonly projection: ProjectionState;
  readonly annotations: Annotations;
  /** Why nothing can be written just now, as a sentence: another server writes, or its database does not answer. */
  readonly standby: string | undefined;

  /** Whether this server is the one that follows the chain and writes: it becomes it when no other one is. */
  takeOver(): Promise<boolean>;
  /** Applies one block and moves the cursor to it in one transaction. Rejects with `internal` for a block that is not above the cursor. */
  apply(block: AppliedBlock['block'], changes: readonly Change[]): Promise<void>;
  /**
   * Undoes every block above `to` and applies `blocks` in their place, in one transaction: nobody sees what is between. The result
   * equals a replay from block 0 to `to` and on to the last of `blocks`.
   */
  rollback(to: CatalogBlock, blocks?: readonly AppliedBlock[]): Promise<void>;

  /** Announcements that wait to be read: of each site the oldest `perSite`, but for those that are named. */
  waiting(options: { perSite: number; except?: readonly number[] }): Promise<WaitingImage[]>;
  /**
   * Writes down that a content is about to be read or verified, so that a start after the process has died knows what it was at. What was
   * begun twice and did not end is quarantined as `stopped-the-server` when the catalogue is opened.
   */
  begin(contentKey: string): Promise<void>;
  /** What was begun has ended, and nothing has come of it. */
  abandon(contentKey: string): Promise<void>;
  /**
   * Takes in what was read, in one transaction. What a reorganisation has taken away meanwhile is passed over; and what an admin has
   * released meanwhile, or what was found locked before something was unlocked: for them the reason may not count any more.
   */
  read(readings: readonly LateReading[]): Promise<void>;
  /**
   * A key has come, for all of a ring or for one study of it: what was locked for want of it waits to be read, and comes to stand at its own
   * position. To be called when the key can be had, and at each start for what there are keys of.
   */
  unlock(keys: { siteId: number; ringId: string; studyKey?: string }): Promise<void>;
  /** How many announcements there is no key for here, by site. Counted. */
  locked(): Promise<{ siteId: number; count: number }[]>;
  /** Sealed instances of other sites that nobody has verified: of each site the oldest `perSite`, but for those that are named. */
  unverified(options: { perSite: number; except?: readonly number[] }): Promise<CatalogInstance[]>;
  /** Takes in what the verification of a content came to; durable in the annotations. A fault puts it into quarantine. */
  judge(
    contentKey: string,
    fault: { reason: 'bytes' | 'picture' | 'timed-out'; detail: string } | undefined,
  ): Promise<void>;

  /** The quarantine, the newest first: those before `before`, at most `limit`; of one site when that is given. */
  quarantined(options: { limit: number; before?: number; siteId?: number }): Promise<QuarantinedImage[]>;
  /**
   * An admin lets an image out of the quarantine, or keeps it there; durable in the annotations. What could be read is in answers again,
   * and counts as verified; what was left out waits to be read. Gives false for what is not in quarantine.
   */
  decide(contentKey: string, decision: { kind: 'released' | 'refused'; by: string }): Promise<boolean>;
  /** UIDs of several sites: studies first, each kind by UID; `after` is the last of the page before. */
  conflicts(options: { limit: number; after?: Pick<Conflict, 'level' | 'uid'> }): Promise<Conflict[]>;
  /** How many there are that nobody has refused or decided, for alarms and metrics; without those that were withdrawn. Looked up. */
  faults(): Promise<{ quarantined: number; conflicts: number; heldRetirements: number; mixedStudies: number }>;
  /** Hours with more retirements than are taken without a person, the newest first. */
  massRetirements(): Promise<MassRetirement[]>;
  /** An admin lets retirements that are held have effect, or says that they are to have none; durable in the annotations. False when there are none. */
  decideRetirements(
    which: { siteId: number; hour: number },
    decision: { kind: 'accepted' | 'refused'; by: string },
  ): Promise<boolean>;

  /**
   * All reading goes this way, so that nobody reads without saying for whom. Without `siteId` each UID is one site's: this site's own, or
   * that of the first site that has it by `SITE_ORDER`; with it, all is that site's. In the study that is shown, series and instances
   * of other sites that are allowed to add some are found too, where whoever asks sees those sites' studies as well; at the levels of
   * study and patient they count, match and describe nothing.
   */
  seenBy(visibility: Visibility, siteId?: number): CatalogReader;
  close(): Promise<void>;
}

/**
 * A catalogue as somebody has it: all answers are those of a catalogue that only ever got the announcements of the studies that one
 * sees, with their counts, pages, orders and descriptions. A patient is there when one of its studies is.
 */
export interface CatalogReader extends ChangeFeed {
  /** Gives others their turn in an answer of many rows, and rejects with the reason of `signal` when that is aborted meanwhile. */
  search(query: Query, options?: { signal?: AbortSignal }): Promise<QueryResult>;
  /** Whether instances of the study are there: announced, sealed or retired. */
  hasStudy(StudyInstanceUID: string): Promise<boolean>;
  /** Whose that study is: of several sites' the one that is shown. */
  siteOfStudy(StudyInstanceUID: string): Promise<number | undefined>;
  /** Also retired ones: the routes answer 410 for them. Withdrawn ones are gone. */
  instance(SOPInstanceUID: string): Promise<CatalogInstance | undefined>;
  /** Instances below a resource that are announced or sealed, ordered by SeriesNumber, InstanceNumber, UIDs, and additions last. Empty for unknown ones. */
  instances(ids: ResourceIds): Promise<CatalogInstance[]>;
  /** True when the resource once had instances and all are retired. */
  isGone(ids: ResourceIds): Promise<boolean>;
  /** Metadata JSON texts of `instances(ids)`, in its order, one at a time. */
  metadata(ids: ResourceIds): AsyncIterable<string>;
  /** Of a row that was found, by its `id`. Undefined when it is not there any more. */
  bodies(id: number): Promise<InstanceBodies | undefined>;
  preview(id: number): Promise<Buffer | undefined>;
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
