import type { FactChange } from '../change.js';
import type { Connection } from './database.js';

type Assignment = FactChange & { kind: 'issuer-assigned' };

/** Of a patient `p` in SQL: the site that speaks for who has given its PatientID; null where nobody does. */
export const SPEAKER =
  '(SELECT a.site_id FROM issuer_assignment a WHERE a.issuer_hash = p.issuer_hash ORDER BY a.id DESC LIMIT 1)';

/** Of what is in quarantine as `foreign-issuer` in release 2. */
export const OTHER_SPEAKER =
  'Its patient ID is of an issuer for which another site speaks ("dicom-ledger issuer list"), and that site has not shared the study with this one.';

/**
 * Prepares keeping who speaks for which issuer, at the positions on the chain. Each gives the SOP Instance UIDs of what may stand another
 * way for it: of images of release 2, of all sites that the assignment is for or against.
 */
export function prepareIssuers(db: Connection) {
  const add = db.prepare('INSERT INTO issuer_assignment (id, issuer_hash, site_id) VALUES (?, ?, ?)');
  const current = db.prepare(
    'SELECT site_id AS siteId FROM issuer_assignment WHERE issuer_hash = ? ORDER BY id DESC LIMIT 1',
  );
  const undone = db.prepare('SELECT DISTINCT issuer_hash AS issuerHash FROM issuer_assignment WHERE id >= ?');
  const drop = db.prepare('DELETE FROM issuer_assignment WHERE id >= ?');
  const uidsOf = db.prepare(`
    SELECT DISTINCT i.SOPInstanceUID AS uid
    FROM patient p INDEXED BY patient_issuer CROSS JOIN study_number n INDEXED BY study_number_patient ON n.patient_id = p.id
      CROSS JOIN instance i INDEXED BY instance_study_key ON i.site_id = n.site_id AND i.study_key = n.study_key
    WHERE p.issuer_hash = ? AND p.site_id <> ? AND i.study_key IS NOT NULL AND i.reading IS NULL`);
  const speakerOf = (issuerHash: string): number | undefined =>
    (current.get(issuerHash) as { siteId: number | null } | undefined)?.siteId ?? undefined;
  /** A site is not touched where it spoke before and nobody does now, or the other way about. */
  const between = (issuerHash: string, before: number | undefined, after: number | undefined): string[] => {
    if (before === after) return [];
    const untouched = before === undefined ? after : after === undefined ? before : undefined;
    return (uidsOf.all(issuerHash, untouched ?? 0) as { uid: string }[]).map(({ uid }) => uid);
  };
  return {
    /** Whether another site speaks for it, by what was said of it last. */
    mayHide: (issuerHash: string, siteId: number): boolean => (speakerOf(issuerHash) ?? siteId) !== siteId,
    taken: (position: number, { issuerHash, siteId }: Assignment): string[] => {
      const before = speakerOf(issuerHash);
      add.run(position, issuerHash, siteId ?? null);
      return between(issuerHash, before, siteId);
    },
    /** Those from a position on. */
    undone: (position: number): string[] => {
      const issuers = (undone.all(position) as { issuerHash: string }[]).map(({ issuerHash }) => issuerHash);
      const before = issuers.map(speakerOf);
      drop.run(position);
      return issuers.flatMap((issuerHash, index) => between(issuerHash, before[index], speakerOf(issuerHash)));
    },
  };
}
