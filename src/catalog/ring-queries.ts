import type { AnnouncedImage } from './change.js';

/** An announcement that there is no key for here, of the first image of a study. */
export interface LockedStudy extends Pick<AnnouncedImage, 'contract' | 'imageId' | 'imageKey' | 'announcedBodies'> {
  /** Decimal text. */
  studyKey: string;
  announcedBlock: bigint;
}

/** What sharing asks of a catalogue. Ring IDs are 16 bytes as `0x…`, study keys decimal text. All of it is looked up by indexes. */
export interface RingQueries {
  /**
   * What is locked under a ring: of each study key the first announcement along the chain, ascending by study key as text; those behind
   * `after`, at most `limit`. What could be read has its key here already.
   */
  announcedUnder(
    ring: { siteId: number; ringId: string },
    options: { limit: number; after?: string },
  ): Promise<LockedStudy[]>;
  /** Under which of this site's rings, and which study keys of them, a study of this site has images that are announced or sealed; by chain position. */
  ringsOfStudy(StudyInstanceUID: string): Promise<{ ringId: string; studyKey: string }[]>;
  /** The StudyInstanceUID by study key, of those of a site's study keys under which something could be read here. */
  studiesOf(siteId: number, studyKeys: readonly string[]): Promise<Map<string, string>>;
}
