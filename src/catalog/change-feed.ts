/** Something that has become of an instance at this site: it can be retrieved from now on, or not any more. */
export interface CatalogChange {
  /**
   * Counts the changes of this site from 1, without gaps: it is never given twice nor changed. A change comes when this site has taken it
   * in, so that what is read late, and what a reorganisation takes back, is a later change and alters none that was given before.
   */
  sequence: number;
  action: 'create' | 'delete';
  /** When this site took it in, in milliseconds since 1970; not before that of an earlier one. */
  at: number;
  /** As things stand: nothing has come after it; the instance came again later; the instance is gone. */
  state: 'current' | 'replaced' | 'deleted';
  siteId: number;
  StudyInstanceUID: string;
  SeriesInstanceUID: string;
  SOPInstanceUID: string;
  imageId: string;
  /** The block of the seal, or of the retirement that lasts; undefined for what is not on the chain any more. */
  block: bigint | undefined;
  /** Where it was announced on the chain; undefined for the same reason. */
  announced: { block: bigint; logIndex: number } | undefined;
}

/** Which changes, and in which order. */
export interface ChangeRange {
  /** Those after that one alone. */
  after?: number;
  /** Taken in at that time or later, and before this one. */
  from?: number;
  to?: number;
  newestFirst?: boolean;
}

/** The changes of what somebody sees. */
export interface ChangeFeed {
  /** A batch at a time, each of some of the changes that were looked at, and empty when none of them is seen. */
  changes(range: ChangeRange): AsyncIterable<CatalogChange[]>;
}
