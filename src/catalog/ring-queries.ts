import type { AnnouncedImage } from './change.js';

/** An announcement that there is no key for here, of the first image of a study. */
export interface LockedStudy extends Pick<AnnouncedImage, 'contract' | 'imageId' | 'imageKey' | 'announcedBodies'> {
  /** Decimal text. */
  studyKey: string;
  announcedBlock: bigint;
}

/** Where a locked image stands in the list of all. */
export interface LockedPlace {
  siteId: number;
  ringId: string;
  /** Decimal text. */
  studyKey: string;
  /** Of its row. */
  id: number;
}

/** A sealed image that there is no key for here: what the chain says of it, which is all that is known. */
export interface LockedImage
  extends LockedPlace, Pick<AnnouncedImage, 'contract' | 'imageId' | 'body' | 'announcedBodies'> {
  /** Addresses of its pages, as JSON text. */
  pages: string;
  announcedBlock: bigint;
  sealedBlock: bigint;
}

/** What sharing and verifying without keys ask of a catalogue. Ring IDs are 16 bytes as `0x…`, study keys decimal text. All of it is looked up by indexes. */
export interface RingQueries {
  /**
   * What is locked under a ring: of each study key the first announcement along the chain, ascending by study key as text; those behind
   * `after`, at most `limit`. What could be read has its key here already.
   */
  announcedUnder(
    ring: { siteId: number; ringId: string },
    options: { limit: number; after?: string },
  ): Promise<LockedStudy[]>;
  /** The images that are sealed, not retired, and locked, by their places; those behind `after`, at most `limit`. */
  lockedImages(options: { limit: number; after?: LockedPlace }): Promise<LockedImage[]>;
  /** A locked image that is sealed; a retired one too. Undefined for one that was read, or is not there. */
  lockedImage(imageId: string): Promise<LockedImage | undefined>;
  /** Under which of this site's rings, and which study keys of them, a study of this site has images that are announced or sealed; by chain position. */
  ringsOfStudy(StudyInstanceUID: string): Promise<{ ringId: string; studyKey: string }[]>;
  /** The StudyInstanceUID by study key, of those of a site's study keys under which something could be read here. */
  studiesOf(siteId: number, studyKeys: readonly string[]): Promise<Map<string, string>>;
}
