import type { Connection } from './database.js';
import { HIDDEN_SINCE } from './dismissals.js';
import { SPEAKER } from './issuers.js';
import { HOUR } from './retirements.js';
import type { SiteRules } from './site-rules.js';
import { FIRST_OF_STUDY_KEY } from './study-keys.js';
import { prepareIsShared } from './study-shares.js';

/** What the standing of a row follows from, and what it was before. */
interface Row {
  id: number;
  site_id: number;
  series_id: number;
  study: string;
  removed_as: 'withdrawn' | 'retired' | null;
  is_counted_retirement: number | null;
  /** How many its site retired in that hour. */
  retired_count: number | null;
  retirement_decision: 'accepted' | 'refused' | null;
  content_verified: number | null;
  fault: string | null;
  stopped_while: string | null;
  /** At other sites it is hidden, since its own was dismissed. */
  is_hidden: number | null;
  /** The first under its study key is of another study or patient; null in release 1. */
  is_other_study: number | null;
  /** Who speaks for the issuer of its patient ID; null for nobody, and in release 1. */
  speaker: number | null;
  is_released: number | null;
  is_refused: number | null;
  standing: Standing;
  quarantine: string | null;
  is_verified: number;
  is_retirement_held: number;
  is_dismissed: number;
  is_contested: number;
  is_doubled: number;
}

/** Listed = in searches; retired = 410 Gone; hidden = in no answer. */
type Standing = 'listed' | 'retired' | 'hidden';
type Derived = Pick<
  Row,
  'standing' | 'quarantine' | 'is_verified' | 'is_retirement_held' | 'is_dismissed' | 'is_contested' | 'is_doubled'
>;

/** A row whose standing is another than before; or, when `from` and `to` are the same, whether it is verified. */
export interface Moved {
  id: number;
  seriesId: number;
  from: Standing;
  to: Standing;
  isVerified: boolean;
  /** Another site has the UID in its study of the same UID. */
  isDoubled: boolean;
}

/**
 * Prepares saying of all rows that were read with one SOP Instance UID how they stand. It is a function of what the chain and the
 * annotations say of them, so that it does not matter in which order that came.
 */
export function prepareStanding(db: Connection, rules: SiteRules): (SOPInstanceUID: string) => Moved[] {
  const rowsOf = db.prepare(`
    SELECT i.id, i.site_id, i.series_id, s.StudyInstanceUID AS study, i.removed_as, i.is_counted_retirement,
      h.image_count AS retired_count, d.decision AS retirement_decision,
      c.is_verified AS content_verified, c.fault, c.stopped_while, c.is_released, c.is_refused,
      fr.study_id <> r.study_id OR f.patient_id <> i.patient_id AS is_other_study,
      i.study_key IS NOT NULL AND i.announced_at >= ${HIDDEN_SINCE} AS is_hidden,
      CASE WHEN i.study_key IS NOT NULL THEN ${SPEAKER} END AS speaker,
      i.standing, i.quarantine, i.is_verified, i.is_retirement_held, i.is_dismissed, i.is_contested, i.is_doubled
    FROM instance i JOIN series r ON r.id = i.series_id JOIN study s ON s.id = r.study_id JOIN patient p ON p.id = i.patient_id
      LEFT JOIN instance f ON f.id = ${FIRST_OF_STUDY_KEY} LEFT JOIN series fr ON fr.id = f.series_id
      LEFT JOIN annotations.content c ON c.content_key = i.content_key
      LEFT JOIN retirement_hour h ON h.site_id = i.site_id AND h.hour = i.removed_at - i.removed_at % ${HOUR}
      LEFT JOIN annotations.retirement_decision d ON d.site_id = h.site_id AND d.hour = h.hour
    WHERE i.SOPInstanceUID = ? ORDER BY i.id`);
  const write = db.prepare(`
    UPDATE instance SET standing = ?, quarantine = ?, is_verified = ?, is_retirement_held = ?, is_dismissed = ?, is_contested = ?,
      is_doubled = ?
    WHERE id = ?`);
  const isShared = prepareIsShared(db);
  /** It is of a patient of another site's, which has not shared the study with its own. */
  const isForeign = ({ site_id: siteId, speaker, study }: Row): boolean =>
    speaker !== null && speaker !== siteId && siteId !== rules.siteId && !isShared(speaker, study, siteId);
  return (SOPInstanceUID) => {
    const rows = rowsOf.all(SOPInstanceUID) as Row[];
    return derive(rows, rules, isForeign).flatMap((to, index) => {
      const row = rows[index] as Row;
      const isSame = (Object.keys(to) as (keyof Derived)[]).every((column) => to[column] === row[column]);
      if (isSame) return [];
      const { standing, quarantine, is_verified, is_retirement_held, is_dismissed, is_contested, is_doubled } = to;
      write.run(standing, quarantine, is_verified, is_retirement_held, is_dismissed, is_contested, is_doubled, row.id);
      const isMoved = to.standing !== row.standing || to.is_verified !== row.is_verified;
      if (!isMoved) return [];
      const moved = { id: row.id, seriesId: row.series_id, from: row.standing, to: standing };
      return [{ ...moved, isVerified: is_verified === 1, isDoubled: is_doubled === 1 }];
    });
  };
}

/** How a row stands that was announced just now, of a UID that no other has and of a content that nothing is known of. */
export const standingOfFirst = (siteId: number, rules: SiteRules): { standing: Standing; isVerified: boolean } => ({
  standing: 'listed',
  isVerified: siteId === rules.siteId,
});

/** Rows of one UID, ascending. Of each site the first that is there is the one; others are hidden behind it. */
function derive(
  rows: readonly Row[],
  { siteId, retirementsPerHour }: SiteRules,
  isForeign: (row: Row) => boolean,
): Derived[] {
  const holders = new Set<number>();
  const alone = rows.map((row) => {
    const quarantine = reasonOf(row, isForeign);
    const isDismissed = row.is_hidden === 1 && row.site_id !== siteId;
    const isThere = row.removed_as !== 'withdrawn' && quarantine === null && !isDismissed && !holders.has(row.site_id);
    if (isThere) holders.add(row.site_id);
    const isMass = row.removed_as === 'retired' && (row.retired_count ?? 0) > retirementsPerHour;
    const isKept = isMass && row.is_counted_retirement === 1 && row.retirement_decision !== 'accepted';
    const standing: Standing = !isThere ? 'hidden' : row.removed_as === 'retired' && !isKept ? 'retired' : 'listed';
    const isVerified = row.site_id === siteId || row.content_verified === 1 || row.is_released === 1;
    return {
      standing,
      quarantine,
      is_verified: isVerified ? 1 : 0,
      is_retirement_held: isKept && row.retirement_decision === null ? 1 : 0,
      is_dismissed: isDismissed ? 1 : 0,
    };
  });
  const studies = rows.filter((_, index) => alone[index]?.standing !== 'hidden');
  return alone.map((derived, index) => {
    const { site_id: site, study } = rows[index] as Row;
    const others = derived.standing === 'hidden' ? [] : studies.filter((other) => other.site_id !== site);
    return {
      ...derived,
      is_contested: others.some((other) => other.study !== study) ? 1 : 0,
      is_doubled: others.some((other) => other.study === study) ? 1 : 0,
    };
  });
}

/** Why the content is kept from answers; null when it is not. Of what annotations say, `may-be-kept.ts` says the same in SQL. */
function reasonOf(row: Row, isForeign: (row: Row) => boolean): string | null {
  if (row.stopped_while !== null) return 'stopped-the-server';
  if (row.is_released === 1 && row.is_refused !== 1) return null;
  if (row.fault !== null) return row.fault;
  if (row.is_other_study === 1) return 'study-key';
  return isForeign(row) ? 'foreign-issuer' : null;
}
