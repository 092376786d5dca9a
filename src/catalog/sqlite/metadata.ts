import { inflateRawSync } from 'node:zlib';
import type { DicomJson } from '../../standard/dicom-json.js';
import { type AlikeMembers, createAlikeMembers, membersOf, mergedMembers, splitMembers } from './alike-members.js';
import { createSharedAttributes } from './shared-attributes.js';
import type { Statements } from './statements.js';

interface Row {
  own: string;
  /** Null where all of it is kept as text. */
  rest: string | null;
  common_id: number | null;
  private_id: number | null;
  study_section_id: number;
  series_section_id: number;
}

const ROW = `SELECT own, rest, common_id, private_id, study_section_id, series_section_id FROM instance
  WHERE id = ? AND content_key = ?`;

/**
 * Puts together the metadata, as JSON text, of instances of one answer. What instances of a series say alike is read once. Undefined for
 * a row that is not that content any more.
 */
export function createMetadata(
  statements: Statements,
  rollbackCount: () => number,
): (id: number, contentKey: string) => string | undefined {
  const { prepared } = statements;
  let alike = createAlike(statements);
  let readAt = rollbackCount();
  return (id, contentKey) => {
    const row = prepared(ROW).get(id, contentKey) as Row | undefined;
    if (!row) return undefined;
    if (row.rest === null) {
      const { deflated } = prepared('SELECT deflated FROM metadata WHERE instance_id = ?').get(id) as {
        deflated: Buffer;
      };
      return inflateRawSync(deflated).toString();
    }
    // Ids of sections are given anew after a rollback.
    if (readAt !== rollbackCount()) [alike, readAt] = [createAlike(statements), rollbackCount()];
    return alike(row).textWith(mergedMembers(splitMembers(row.own), splitMembers(row.rest)));
  };
}

/** What an instance says with others: of its study, of its series, and its shared attributes. */
function createAlike(statements: Statements): (row: Omit<Row, 'own' | 'rest'>) => AlikeMembers {
  const { prepared } = statements;
  const shared = createSharedAttributes(statements);
  const section = (id: number): DicomJson => {
    const { attributes } = prepared('SELECT attributes FROM section WHERE id = ?').get(id) as { attributes: string };
    return JSON.parse(attributes) as DicomJson;
  };
  let last: { name: string; members: AlikeMembers } | undefined;
  return ({ study_section_id: study, series_section_id: series, common_id: common, private_id: own }) => {
    const name = `${study} ${series} ${common} ${own}`;
    if (last?.name !== name) {
      const parts = [section(study), section(series), shared(common), shared(own)].map(membersOf);
      last = { name, members: createAlikeMembers(parts.reduce(mergedMembers, [])) };
    }
    return last.members;
  };
}
