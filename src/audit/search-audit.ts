import type { AuditPage, AuditQuery, AuditRow, AuditSubject } from './audit.js';
import type { AuditBody } from './audit-body.js';
import type { AuditDatabase } from './audit-database.js';
import type { SubjectRow } from './subjects.js';

/** A row as it lies there, with its subject if that is still known. */
export type JoinedRow = { position: number; hash: ArrayBuffer; body: string } & Partial<
  Pick<SubjectRow, 'StudyInstanceUID' | 'PatientID' | 'IssuerOfPatientID'>
>;

const JOINED = `SELECT position, hash, body, StudyInstanceUID, PatientID, IssuerOfPatientID
  FROM event LEFT JOIN subject ON subject.ref = event.subject`;

/** One page of the rows that a query finds, the newest first, and how many it finds in all. */
export function searchAudit(db: AuditDatabase, query: AuditQuery): AuditPage {
  const { conditions, values } = conditionsOf(query);
  const where = (all: string[]): string => (all.length === 0 ? '' : ` WHERE ${all.join(' AND ')}`);
  const { total } = db.prepare(`SELECT count(*) AS total FROM event${where(conditions)}`).get(...values) as {
    total: number;
  };
  const paged = query.before === undefined ? conditions : [...conditions, 'position < ?'];
  const found = db
    .prepare(`${JOINED}${where(paged)} ORDER BY position DESC LIMIT ?`)
    .all(...values, ...(query.before === undefined ? [] : [query.before]), query.limit + 1) as JoinedRow[];
  const rows = found.slice(0, query.limit).map(auditRowOf);
  return { rows, total, next: found.length > query.limit ? rows.at(-1)?.position : undefined };
}

/** The rows after a position, the oldest first. */
export function auditRowsAfter(db: AuditDatabase, position: number, limit: number): AuditRow[] {
  return (db.prepare(`${JOINED} WHERE position > ? ORDER BY position LIMIT ?`).all(position, limit) as JoinedRow[]).map(
    auditRowOf,
  );
}

function conditionsOf(query: AuditQuery): { conditions: string[]; values: (string | number)[] } {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  const add = (condition: string, ...given: (string | number)[]): void => {
    conditions.push(condition);
    values.push(...given);
  };
  const oneOf = (column: string, list: readonly (string | number)[] | undefined): void => {
    if (list !== undefined) add(`${column} IN (${list.map(() => '?').join(', ')})`, ...list);
  };
  oneOf('kind', query.kinds);
  oneOf('outcome', query.outcomes);
  if (query.from !== undefined) add('at >= ?', query.from);
  if (query.to !== undefined) add('at <= ?', query.to);
  if (query.subject !== undefined) add('agent = ?', query.subject);
  if (query.issuer !== undefined) add('issuer = ?', query.issuer);
  if (query.name !== undefined) add("name LIKE ? ESCAPE '\\'", `${query.name.replace(/[\\%_]/g, '\\$&')}%`);
  if (query.address !== undefined) add('address = ?', query.address);
  if (query.StudyInstanceUID !== undefined)
    add('subject IN (SELECT ref FROM subject WHERE StudyInstanceUID = ?)', query.StudyInstanceUID);
  if (query.PatientID !== undefined) {
    const [issued, also] =
      query.IssuerOfPatientID === undefined ? ['', []] : [' AND IssuerOfPatientID = ?', [query.IssuerOfPatientID]];
    const his = `PatientID = ?${issued}`;
    add(
      `subject IN (SELECT ref FROM subject WHERE (${his}) OR
        (PatientID IS NULL AND StudyInstanceUID IN (SELECT StudyInstanceUID FROM subject WHERE ${his})))`,
      ...[query.PatientID, ...also, query.PatientID, ...also],
    );
  }
  return { conditions, values };
}

function auditRowOf({ position, hash, body, StudyInstanceUID, PatientID, IssuerOfPatientID }: JoinedRow): AuditRow {
  const { subject: ref, ...event } = JSON.parse(body) as AuditBody;
  const known = Object.entries({ StudyInstanceUID, PatientID, IssuerOfPatientID }).filter(
    ([, value]) => typeof value === 'string',
  );
  const subject: AuditSubject = Object.fromEntries(known);
  const isKnown = known.length > 0;
  return {
    ...event,
    ...(isKnown && { subject }),
    position,
    hash: Buffer.from(hash).toString('hex'),
    isBlinded: ref !== undefined && !isKnown,
  };
}
