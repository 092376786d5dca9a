import type { ArchiveSite, QuarantinedAnnouncement, RetiredHour, UidConflict } from '../../archive/archive.js';
import { siteName } from '../message/archive-of-site.js';
import { queryOf, SITES_PATH, DICOMWEB_PATH, serverUrl } from '../message/dicomweb-root.js';
import type { Answer } from '../route.js';
import { conflictPageOf, limitOf, pageOf, quarantinePageOf } from './page-of.js';
import { reviewOf } from './review-of.js';

type Sites = readonly ArchiveSite[];

/** A page of the quarantine as JSON, the newest first; `next` is the path of the page after it. */
export const sendQuarantine: Answer = async (archive, { request, response, caller }) => {
  const review = reviewOf(archive, caller);
  const query = queryOf(request);
  const limit = limitOf(query);
  const [sites, rows] = await Promise.all([
    archive.sites(),
    review.quarantined({ ...quarantinePageOf(query), limit: limit + 1 }),
  ]);
  const { page, last } = pageOf(rows, limit);
  response.setHeader('Cache-Control', 'no-store');
  response.json({
    quarantined: page.map((row) => quarantinedOf(row, sites)),
    ...nextOf('/ledger/quarantine', query, last && { before: String(last.id) }),
  });
};

/** A page of the UIDs that several sites have as JSON: studies first, each kind by UID; `next` is the path of the page after it. */
export const sendConflicts: Answer = async (archive, { request, response, caller, publicUrl }) => {
  const review = reviewOf(archive, caller);
  const query = queryOf(request);
  const limit = limitOf(query);
  const [sites, rows] = await Promise.all([
    archive.sites(),
    review.conflicts({ ...conflictPageOf(query), limit: limit + 1 }),
  ]);
  const { page, last } = pageOf(rows, limit);
  const root = serverUrl(request, publicUrl);
  response.setHeader('Cache-Control', 'no-store');
  response.json({
    conflicts: page.map(({ level, uid, sites: having }) => ({
      level,
      uid,
      sites: having.map(({ siteId, isShown, isAddition, instanceCount }) => ({
        ...{ siteId, site: siteName(sites, siteId), isShown, isAddition, instanceCount },
        url: `${root}${searchPath(siteId, { level, uid })}`,
      })),
    })),
    ...nextOf('/ledger/conflicts', query, last && { after: `${last.level}:${last.uid}` }),
  });
};

/** The hours of a site with more retirements than are taken without a person, the newest first. */
export const sendRetirements: Answer = async (archive, { response, caller }) => {
  const review = reviewOf(archive, caller);
  const [sites, hours] = await Promise.all([archive.sites(), review.massRetirements()]);
  response.setHeader('Cache-Control', 'no-store');
  response.json({ retirements: hours.map((hour) => hourOf(hour, sites)) });
};

/** Of the search by which one site's study or instance of a UID is found. */
export function searchPath(siteId: number, { level, uid }: Pick<UidConflict, 'level' | 'uid'>): string {
  const what = level === 'study' ? `studies?StudyInstanceUID=${uid}` : `instances?SOPInstanceUID=${uid}`;
  return `${SITES_PATH}/${siteId}${DICOMWEB_PATH}/${what}`;
}

/** Times in ISO 8601. */
function quarantinedOf(row: QuarantinedAnnouncement, sites: Sites): Record<string, unknown> {
  const { id, siteId, announcedAt, StudyInstanceUID, SOPInstanceUID, ...rest } = row;
  return {
    position: id,
    siteId,
    site: siteName(sites, siteId),
    ...rest,
    announcedAt: isoTime(announcedAt),
    StudyInstanceUID: StudyInstanceUID ?? null,
    SOPInstanceUID: SOPInstanceUID ?? null,
  };
}

/** `hour` is what its URL has; `from` the same in ISO 8601. */
function hourOf({ siteId, hour, count, decision }: RetiredHour, sites: Sites): Record<string, unknown> {
  return { siteId, site: siteName(sites, siteId), hour, from: isoTime(hour), count, decision };
}

const isoTime = (seconds: number): string => new Date(seconds * 1000).toISOString();

function nextOf(path: string, query: URLSearchParams, place: Record<string, string> | undefined): { next?: string } {
  if (place === undefined) return {};
  return { next: `${path}?${new URLSearchParams({ ...Object.fromEntries(query), ...place }).toString()}` };
}
