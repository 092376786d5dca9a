import type { ShareLinkEntry, ShareLinks } from '../../access/share-links.js';
import type { Archive } from '../../archive/archive.js';

/** The share links of those studies that whoever asks sees: a link names its study. `archive` is what they see. */
export async function seenLinks(shareLinks: ShareLinks, archive: Archive): Promise<ShareLinkEntry[]> {
  const links = shareLinks.list();
  const studies = [...new Set(links.map(({ StudyInstanceUID }) => StudyInstanceUID))];
  const isSeen = await Promise.all(
    studies.map(async (StudyInstanceUID) => {
      const [first] = await archive.instances({ StudyInstanceUID });
      return first !== undefined || (await archive.isGone({ StudyInstanceUID }));
    }),
  );
  const seen = new Set(studies.filter((_, i) => isSeen[i]));
  return links.filter(({ StudyInstanceUID }) => seen.has(StudyInstanceUID));
}
