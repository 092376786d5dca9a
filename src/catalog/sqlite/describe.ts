import type { DicomJson } from '../../standard/dicom-json.js';
import { matchingKeys } from '../matching/matching-keys.js';
import { mergeAttributes } from '../matching/merge-attributes.js';
import type { Connection } from './database.js';
import { preparePatientNames } from './patient-names.js';

/** What one section says, of the lowest listed instance that has it. */
interface Said {
  sectionId: number;
  at: number;
  patientId: number;
}

/** What a study or series is described by. */
export interface Description {
  sectionId: number;
  /** The highest position on the chain of those that say something of it. */
  until: number;
  /** Whose it is. */
  patientId: number;
  /** Some of its instances say of it something else than it does. */
  isMixed: boolean;
  /** An instance names another patient. */
  namesOther: boolean;
}

/**
 * Prepares saying what all listed instances of a study or series say of it together. When that is more than the first says, it is a
 * section of its own, by the name of the row; else that is taken away again.
 */
export function prepareDescribe(db: Connection) {
  const ofStudy = db.prepare(`
    SELECT i.study_section_id AS sectionId, min(i.id) AS at, /* of the first by i.id */ i.patient_id AS patientId
    FROM series r CROSS JOIN instance i INDEXED BY instance_order ON i.series_id = r.id
    WHERE r.study_id = ? AND i.standing = 'listed' GROUP BY i.study_section_id ORDER BY at`);
  const ofSeries = db.prepare(`
    SELECT series_section_id AS sectionId, min(id) AS at, /* of the first by id */ patient_id AS patientId
    FROM instance INDEXED BY instance_order
    WHERE series_id = ? AND standing = 'listed' GROUP BY series_section_id ORDER BY at`);
  const attributesOf = db.prepare('SELECT attributes FROM section WHERE id = ?');
  const find = db.prepare('SELECT id FROM section WHERE digest = ?');
  const make = db.prepare('INSERT INTO section (digest, attributes, keys, since) VALUES (?, ?, jsonb(?), ?)');
  const names = preparePatientNames(db);
  const drop = db.prepare('DELETE FROM section WHERE id = ?');

  const sayings = function* (said: readonly Said[]) {
    for (const { sectionId, at } of said) {
      const { attributes } = attributesOf.get(sectionId) as { attributes: string };
      yield { at, attributes: JSON.parse(attributes) as DicomJson };
    }
  };
  const forget = (name: string): void => {
    const known = find.get(name) as { id: number } | undefined;
    if (known === undefined) return;
    names.drop(known.id);
    drop.run(known.id);
  };
  const write = (name: string, attributes: DicomJson, since: number): number => {
    const keys = matchingKeys(attributes);
    const id = Number(make.run(name, JSON.stringify(attributes), JSON.stringify(keys), since).lastInsertRowid);
    names.add(keys, id, since);
    return id;
  };

  /** `rowName` is that of the row, unique within its level. Undefined when it has no listed instance. */
  return (level: 'study' | 'series', id: number, rowName: string): Description | undefined => {
    const name = `${level} ${rowName}`;
    const said = (level === 'study' ? ofStudy : ofSeries).all(id) as Said[];
    forget(name);
    const [first] = said;
    if (!first) return undefined;
    const { sectionId, at: until, patientId } = first;
    const merged = said.length === 1 ? undefined : mergeAttributes(sayings(said));
    if (!merged) return { sectionId, until, patientId, isMixed: false, namesOther: false };
    const describer = said.find(({ at }) => at === merged.patientAt) ?? first;
    return {
      sectionId: merged.until === first.at ? sectionId : write(name, merged.attributes, merged.until),
      until: merged.until,
      patientId: describer.patientId,
      isMixed: true,
      namesOther: merged.namesOther,
    };
  };
}
