import type { Annotations } from '../../catalog/annotations.js';
import type { AnnouncedImage } from '../../catalog/catalog.js';
import type { LabelRule } from '../../catalog/label-rules.js';
import type { Log } from '../../base/log.js';
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
    log: Log;
  },
): Announcements {
  const { log } = dependencies;
  return {
    read: async (image, options) => {
      const reading = await readAnnouncement(dependencies, image, options);
      if (reading.kind === 'read') await applyLabelRules(dependencies, image.siteId, reading.record);
      else
        log.warn(
          { imageKey: image.imageKey, siteId: image.siteId, reason: reading.reason, detail: reading.detail },
          'An announcement goes into quarantine.',
        );
      return reading;
    },
  };
}
