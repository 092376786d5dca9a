import pLimit, { type LimitFunction } from 'p-limit';
import type { Annotations } from '../../catalog/annotations.js';
import type { AnnouncedImage } from '../../catalog/change.js';
import type { LabelRule } from '../../catalog/label-rules.js';
import type { Log } from '../../base/log.js';
import type { HeaderReader } from '../../dicom/metadata/open-header-reader.js';
import type { FollowedNumbers } from './follow-numbers.js';
import { applyLabelRules } from './apply-label-rules.js';
import {
  type FinishedReading,
  readAnnouncement,
  type ReadAnnouncementDependencies,
  type ReadOptions,
} from './read-announcement.js';

/** How announcements are read at this site. */
export interface Announcements {
  /** Reads one, and sets the labels that the rules have for it: nobody sees it without them. Rejects as `readAnnouncement` does. */
  read(image: AnnouncedImage, options: ReadOptions): Promise<FinishedReading>;
}

export function createAnnouncements(
  dependencies: ReadAnnouncementDependencies & {
    annotations: Annotations;
    labelRules: readonly LabelRule[];
    /** Where this site gives numbers. */
    numbers?: Pick<FollowedNumbers, 'learn'>;
    log: Log;
  },
): Announcements {
  const { headers, log } = dependencies;
  /** Of each site one header is looked at, so that a site whose headers take long is in nobody else's way. */
  const turns = new Map<number, LimitFunction>();
  const inTurn = (siteId: number): LimitFunction => {
    const turn = turns.get(siteId) ?? pLimit(1);
    turns.set(siteId, turn);
    return turn;
  };
  const headersOf = (siteId: number): HeaderReader => ({
    ...headers,
    read: (bodies, options) => inTurn(siteId)(() => headers.read(bodies, options)),
  });
  return {
    read: async (image, options) => {
      const { siteId } = image;
      const reading = await readAnnouncement({ ...dependencies, headers: headersOf(siteId) }, image, options);
      if (reading.kind === 'read') {
        dependencies.numbers?.learn(image, reading.record);
        await applyLabelRules(dependencies, siteId, reading.record);
      } else if (reading.kind === 'quarantined')
        log.warn(
          { imageId: image.imageId, siteId, reason: reading.reason, detail: reading.detail },
          'An announcement goes into quarantine.',
        );
      return reading;
    },
  };
}
