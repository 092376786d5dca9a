import type { DicomJson, JsonElement } from '../../standard/dicom-json.js';
import type { QueryLevel } from '../query.js';
import type { InstancePart } from '../matching/instance-parts.js';
import { PATIENT_TAGS, LEVEL_SOURCES } from './level-sources.js';
import { createSharedAttributes } from './shared-attributes.js';
import type { Sight } from './sight.js';
import type { SiteNames } from './site-names.js';
import type { Statements } from './statements.js';
import { TAGS } from '../matching/tags.js';

/** All that is known of one row of a level, and the row above. */
export interface LevelRow {
  attributes: DicomJson;
  /** Of an instance: those that others have too. */
  shared: readonly DicomJson[];
  /** InstanceAvailability; undefined of a patient. */
  availability: JsonElement | undefined;
  /** Modalities of a study. */
  modalities: string[];
  /** Whose it is. */
  siteId: number;
  /** Of an instance: what it says itself of its study and series, and whose it is. */
  own: { study: number; series: number; patientId: number } | undefined;
  parentId: number | undefined;
}

type Row = Record<string, string | number | null>;

const sectionText = (id: string) => `(SELECT attributes FROM section WHERE id = ${id}) AS attributes`;
const sortedList = (level: 'study', tag: string) =>
  `(SELECT json_group_array(value) FROM (SELECT DISTINCT value FROM (${LEVEL_SOURCES[level].lists[tag]}) v
    WHERE value IS NOT NULL ORDER BY value) d)`;

function patientRow(table: string): string {
  return `SELECT p.site_id, p.study_count, p.series_count, p.instance_count, NULL AS parent_id, ${sectionText('p.section_id')} FROM ${table} p WHERE p.id = ?`;
}

const queriesOf = ({ series }: Sight): Record<QueryLevel, string> => ({
  patient: patientRow('patient'),
  study: `SELECT s.site_id, s.StudyInstanceUID, s.series_count, s.instance_count, s.patient_id AS parent_id, ${sectionText('coalesce(?, s.section_id)')},
    ${LEVEL_SOURCES.study.availability} AS availability,
    ${sortedList('study', TAGS.ModalitiesInStudy)} AS modalities, ${sortedList('study', TAGS.SOPClassesInStudy)} AS classes
    FROM study s WHERE s.id = ?`,
  series: `SELECT r.SeriesInstanceUID, r.instance_count, ${series.parentId} AS parent_id, ${series.isAddition} AS is_addition, ${sectionText('coalesce(?, r.section_id)')},
    (SELECT site_id FROM study WHERE id = r.study_id) AS site_id,
    ${LEVEL_SOURCES.series.availability} AS availability FROM series r WHERE r.id = ?`,
  instance: `SELECT i.SOPInstanceUID, i.SOPClassUID, i.transfer_syntax_uid, i.own AS attributes, i.common_id, i.private_id, i.site_id, i.series_id AS parent_id,
    i.study_section_id, i.series_section_id, i.patient_id,
    ${LEVEL_SOURCES.instance.availability} AS availability FROM instance i WHERE i.id = ?`,
});

/**
 * Reads rows that were found in what `sight` leaves; each call of `reader()` remembers the rows it has read, for the length of one
 * answer, which no rollback comes between. Of a patient, whose studies may be seen in part, only what is seen counts. With `sectionId`, a
 * study or series is described by that section in place of its own. An instance comes with its `parts`, and its own attributes always.
 */
export function createRows(
  statements: Statements,
  names: SiteNames,
  sight: Sight,
): { reader(parts: readonly InstancePart[]): (level: QueryLevel, id: number, sectionId?: number) => LevelRow } {
  const { prepared } = statements;
  const queries = queriesOf(sight);
  const { patientOfId } = sight;
  const read = (level: QueryLevel, id: number, sectionId: number | undefined): unknown => {
    if (level === 'study' || level === 'series') return prepared(queries[level]).get(sectionId ?? null, id);
    if (level === 'instance' || patientOfId === undefined) return prepared(queries[level]).get(id);
    const { sql, values } = patientOfId(id);
    return prepared(patientRow(sql)).get(...values, id);
  };
  return {
    reader: (parts) => {
      const known = new Map<string, LevelRow>();
      const shared = createSharedAttributes(statements);
      const sharedOf = (row: Row): DicomJson[] => [
        ...(parts.includes('common') ? [shared(row.common_id as number | null)] : []),
        ...(parts.includes('private') ? [shared(row.private_id as number | null)] : []),
      ];
      return (level, id, sectionId) => {
        const found = (): Row => read(level, id, sectionId) as Row;
        if (level === 'instance') {
          const row = found();
          return { ...toLevelRow(level, row, names), shared: sharedOf(row) };
        }
        const name = `${level} ${id} ${sectionId}`;
        const before = known.get(name);
        if (before) return before;
        const row = toLevelRow(level, found(), names);
        known.set(name, row);
        return row;
      };
    },
  };
}

function toLevelRow(level: QueryLevel, row: Row, names: SiteNames): LevelRow {
  const stored = JSON.parse(text(row.attributes) ?? '{}') as DicomJson;
  const siteId = Number(row.site_id);
  if (level === 'series')
    for (const [tag, valueOf] of names.ofSeries({ siteId, isAddition: row.is_addition === 1 })) {
      const said = valueOf(stored[tag]);
      if (said) stored[tag] = said;
    }
  const modalities = JSON.parse(text(row.modalities) ?? '[]') as string[];
  return {
    attributes:
      level === 'patient'
        ? {
            ...Object.fromEntries(Object.entries(stored).filter(([tag]) => PATIENT_TAGS.has(tag))),
            ...computed(level, row),
          }
        : Object.assign(stored, computed(level, row)),
    shared: [],
    availability: row.availability === undefined ? undefined : element('CS', row.availability),
    modalities,
    siteId,
    own:
      level === 'instance'
        ? {
            study: Number(row.study_section_id),
            series: Number(row.series_section_id),
            patientId: Number(row.patient_id),
          }
        : undefined,
    parentId: typeof row.parent_id === 'number' ? row.parent_id : undefined,
  };
}

/** What the catalogue knows better than any object, and counts. */
function computed(level: QueryLevel, row: Row): DicomJson {
  switch (level) {
    case 'patient':
      return {
        [TAGS.NumberOfPatientRelatedStudies]: element('IS', row.study_count),
        [TAGS.NumberOfPatientRelatedSeries]: element('IS', row.series_count),
        [TAGS.NumberOfPatientRelatedInstances]: element('IS', row.instance_count),
      };
    case 'study':
      return {
        [TAGS.ModalitiesInStudy]: elements('CS', row.modalities),
        [TAGS.SOPClassesInStudy]: elements('UI', row.classes),
        [TAGS.StudyInstanceUID]: element('UI', row.StudyInstanceUID),
        [TAGS.NumberOfStudyRelatedSeries]: element('IS', row.series_count),
        [TAGS.NumberOfStudyRelatedInstances]: element('IS', row.instance_count),
      };
    case 'series':
      return {
        [TAGS.SeriesInstanceUID]: element('UI', row.SeriesInstanceUID),
        [TAGS.NumberOfSeriesRelatedInstances]: element('IS', row.instance_count),
      };
    case 'instance':
      return {
        [TAGS.SOPClassUID]: element('UI', row.SOPClassUID),
        [TAGS.SOPInstanceUID]: element('UI', row.SOPInstanceUID),
        [TAGS.AvailableTransferSyntaxUID]: element('UI', row.transfer_syntax_uid),
      };
  }
}

const text = (value: string | number | null | undefined) => (typeof value === 'string' ? value : undefined);
const element = (vr: string, value: string | number | null | undefined): JsonElement => ({ vr, Value: [value] });

function elements(vr: string, list: string | number | null | undefined): JsonElement {
  const values = JSON.parse(text(list) ?? '[]') as string[];
  return values.length > 0 ? { vr, Value: values } : { vr };
}
