import type { FactChange } from '../change.js';
import type { Connection } from './database.js';
import { SPEAKER } from './issuers.js';

type Share = FactChange & { kind: 'study-shared' };

/** What may stand, or be shown, another way than before. */
export interface Affected {
  SOPInstanceUIDs: string[];
  StudyInstanceUIDs: string[];
}

/** A row that was read in release 2. */
interface Numbered {
  id: number;
  siteId: number;
  studyKey: string;
  studyId: number;
  patientId: number;
}

interface StudyRow {
  uid: string;
  siteId: number;
}

/**
 * Prepares keeping which of their studies sites have shared one by one, at the positions on the chain; and under which study keys studies were
 * announced, by which the catalogue knows what that is about. So it does not matter which of the two comes first.
 */
export function prepareStudyShares(db: Connection) {
  const add = db.prepare('INSERT INTO study_share (id, site_id, study_key, to_site, may_add) VALUES (?, ?, ?, ?, ?)');
  const last = db.prepare(`
    SELECT may_add AS mayAdd FROM study_share INDEXED BY study_share_study
    WHERE site_id = ? AND study_key = ? AND to_site = ? ORDER BY id DESC LIMIT 1`);
  const undone = db.prepare(`
    SELECT DISTINCT site_id AS siteId, study_key AS studyKey, to_site AS toSite FROM study_share WHERE id >= ?`);
  const drop = db.prepare('DELETE FROM study_share WHERE id >= ?');
  const toSites = db.prepare(`
    SELECT DISTINCT to_site AS toSite FROM study_share INDEXED BY study_share_study WHERE site_id = ? AND study_key = ?`);
  const studiesOf = db.prepare(`
    SELECT DISTINCT s.StudyInstanceUID AS uid, s.site_id AS siteId FROM study_number n JOIN study s ON s.id = n.study_id
    WHERE n.site_id = ? AND n.study_key = ?`);
  const uidsOf = db.prepare(`
    SELECT DISTINCT i.SOPInstanceUID AS uid
    FROM study s CROSS JOIN study_number n INDEXED BY study_number_study ON n.study_id = s.id
      CROSS JOIN patient p ON p.id = n.patient_id
      CROSS JOIN instance i INDEXED BY instance_study_key ON i.site_id = n.site_id AND i.study_key = n.study_key
    WHERE s.StudyInstanceUID = ? AND s.site_id = ? AND ${SPEAKER} = ? AND i.study_key IS NOT NULL AND i.reading IS NULL`);
  const number = db.prepare(`
    SELECT since FROM study_number WHERE site_id = ? AND study_key = ? AND study_id = ? AND patient_id = ?`);
  const addNumber = db.prepare(`
    INSERT INTO study_number (site_id, study_key, study_id, patient_id, since) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (site_id, study_key, study_id, patient_id) DO UPDATE SET since = excluded.since`);
  const numbersUndone = db.prepare(`
    SELECT DISTINCT site_id AS siteId, study_key AS studyKey FROM study_number INDEXED BY study_number_since WHERE since >= ?`);

  /** What the site that is given a study has under the same StudyInstanceUID, of patients for whom the giver speaks. */
  const issuedBy = ({ uid, siteId }: StudyRow, toSite: number): string[] =>
    (uidsOf.all(uid, toSite, siteId) as { uid: string }[]).map((row) => row.uid);
  const affectedBy = (siteId: number, studyKey: string, given: readonly number[]): Affected => {
    const studies = studiesOf.all(siteId, studyKey) as StudyRow[];
    return {
      SOPInstanceUIDs: studies.flatMap((study) => given.flatMap((toSite) => issuedBy(study, toSite))),
      StudyInstanceUIDs: studies.map(({ uid }) => uid),
    };
  };
  const receiversOf = (siteId: number, studyKey: string): number[] =>
    (toSites.all(siteId, studyKey) as { toSite: number }[]).map(({ toSite }) => toSite);
  const together = (all: Affected[]): Affected => ({
    SOPInstanceUIDs: all.flatMap(({ SOPInstanceUIDs }) => SOPInstanceUIDs),
    StudyInstanceUIDs: all.flatMap(({ StudyInstanceUIDs }) => StudyInstanceUIDs),
  });

  return {
    taken: (position: number, { siteId, studyKey, toSite, mayAdd }: Share): Affected => {
      const before = last.get(siteId, studyKey, toSite) as { mayAdd: number } | undefined;
      add.run(position, siteId, studyKey, toSite, mayAdd ? 1 : 0);
      if (before?.mayAdd === (mayAdd ? 1 : 0)) return together([]);
      return affectedBy(siteId, studyKey, before ? [] : [toSite]);
    },
    /** A row was read. Undefined where its study was read under this study key before. */
    numbered: ({ id, siteId, studyKey, studyId, patientId }: Numbered): Affected | undefined => {
      const known = number.get(siteId, studyKey, studyId, patientId) as { since: number } | undefined;
      if (!known || id < known.since) addNumber.run(siteId, studyKey, studyId, patientId, id);
      return known ? undefined : affectedBy(siteId, studyKey, receiversOf(siteId, studyKey));
    },
    /** Before the rows from a position on are taken away, and what sites have said from there on. */
    undone: (position: number): Affected => {
      const shares = undone.all(position) as Omit<Share, 'mayAdd'>[];
      const numbers = numbersUndone.all(position) as Pick<Share, 'siteId' | 'studyKey'>[];
      const all = [
        ...shares.map(({ siteId, studyKey, toSite }) => affectedBy(siteId, studyKey, [toSite])),
        ...numbers.map(({ siteId, studyKey }) => affectedBy(siteId, studyKey, receiversOf(siteId, studyKey))),
      ];
      drop.run(position);
      return together(all);
    },
  };
}

/**
 * Prepares asking whether a site has shared a study with another one, whatever that may do with it. The study is known by what was read under
 * its study keys here.
 */
export function prepareIsShared(db: Connection): (siteId: number, StudyInstanceUID: string, toSite: number) => boolean {
  const found = db.prepare(`
    SELECT 1 FROM study s CROSS JOIN study_number n INDEXED BY study_number_study ON n.study_id = s.id
      CROSS JOIN study_share x INDEXED BY study_share_study ON x.site_id = n.site_id AND x.study_key = n.study_key
    WHERE s.StudyInstanceUID = ? AND s.site_id = ? AND x.to_site = ? LIMIT 1`);
  return (siteId, StudyInstanceUID, toSite) => found.get(StudyInstanceUID, siteId, toSite) !== undefined;
}

/**
 * Prepares asking whether series of another site may be found in a study, as far as its own site has a say in that: in release 2, where it
 * has said so last of any of its study keys; in release 1 always.
 */
export function prepareIsInvited(db: Connection): (studyId: number, toSite: number) => boolean {
  const numbered = db.prepare('SELECT 1 FROM study_number WHERE study_id = ? LIMIT 1');
  const invited = db.prepare(`
    SELECT 1 FROM study_number n INDEXED BY study_number_study
    WHERE n.study_id = ? AND (
      SELECT x.may_add FROM study_share x INDEXED BY study_share_study
      WHERE x.site_id = n.site_id AND x.study_key = n.study_key AND x.to_site = ? ORDER BY x.id DESC LIMIT 1) = 1 LIMIT 1`);
  return (studyId, toSite) => numbered.get(studyId) === undefined || invited.get(studyId, toSite) !== undefined;
}
