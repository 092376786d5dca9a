import type { AuditOutcome, AuditQuery } from '../../audit/audit.js';
import { auditKindsWith } from '../../audit/audit-kinds.js';
import { LedgerError } from '../../base/errors.js';

const DEFAULT_COUNT = 100;
const MAX_COUNT = 1_000;
const MAX_LENGTH = 200;
const MAX_DATES = 4;

/** The parameters of ITI-81 (IHE ITI TF-2 §3.81.4.1.2) that there are, each with the ground that its value is; besides those that page. */
const GROUNDS: Record<string, (value: string, query: Partial<AuditQuery>) => Partial<AuditQuery>> = {
  date: (value, query) => narrowed(query, dateRange(value)),
  type: (value, query) =>
    among(
      query,
      value.split(',').flatMap((one) => auditKindsWith('type', codeOf(one))),
    ),
  subtype: (value, query) =>
    among(
      query,
      value.split(',').flatMap((one) => auditKindsWith('subtype', codeOf(one))),
    ),
  action: (value, query) =>
    among(
      query,
      value.split(',').flatMap((one) => auditKindsWith('action', one)),
    ),
  outcome: (value) => ({ outcomes: value.split(',').map(outcome) }),
  address: (value) => ({ address: value }),
  agent: (value) => agentOf(value),
  'agent.identifier': (value) => agentOf(value),
  'agent-name': (value) => ({ name: value }),
  patient: (value) => patientOf(value),
  'patient.identifier': (value) => patientOf(value),
  entity: (value) => ({ StudyInstanceUID: uidOf(value) }),
  'entity.identifier': (value) => ({ StudyInstanceUID: uidOf(value) }),
  study: (value) => ({ StudyInstanceUID: uidOf(value) }),
};

/**
 * What is looked for, from the parameters of ITI-81: `date` (with `eq`, `ge`, `gt`, `le`, `lt`), `agent`, `agent-name`, `patient`,
 * `entity` or `study`, `type`, `subtype`, `action`, `outcome`, `address`, `_count` (100; at most 1,000) and `_before`, which is in the
 * links to further pages. Identifiers may go with their system, as `system|value`. An empty one is not there. Throws `bad-request` for
 * any other: what looks for less than it was asked for would show more.
 */
export function readAuditQuery(parameters: URLSearchParams): AuditQuery {
  let query: Partial<AuditQuery> = {};
  if (parameters.getAll('date').length > MAX_DATES) throw wrong('date', 'stands there too often');
  for (const [name, value] of parameters) {
    if (value === '' || name === '_format') continue;
    if (value.length > MAX_LENGTH) throw wrong(name, `is longer than ${MAX_LENGTH} characters`);
    if (name === '_count') query = { ...query, limit: Math.min(number(name, value), MAX_COUNT) };
    else if (name === '_before') query = { ...query, before: number(name, value) };
    else if (!Object.hasOwn(GROUNDS, name))
      throw wrong(name.slice(0, 40), `is not one of ${Object.keys(GROUNDS).join(', ')}, _count`);
    else if (name !== 'date' && parameters.getAll(name).length > 1) throw wrong(name, 'stands there twice');
    else query = { ...query, ...GROUNDS[name]!(value, query) };
  }
  return { limit: DEFAULT_COUNT, ...query };
}

function wrong(name: string, why: string): LedgerError {
  return new LedgerError('bad-request', `The parameter "${name}" ${why}; correct the URL.`);
}

function number(name: string, value: string): number {
  if (!/^[1-9]\d{0,14}$/.test(value)) throw wrong(name, 'is not a whole number from 1 on');
  return Number(value);
}

function outcome(value: string): AuditOutcome {
  const found = ([0, 4, 8, 12] as const).find((one) => String(one) === value);
  if (found === undefined) throw wrong('outcome', 'is none of 0, 4, 8, 12');
  return found;
}

/** Of `system|code`, the code. */
const codeOf = (token: string): string => token.split('|').at(-1)!;

function among({ kinds }: Partial<AuditQuery>, wanted: AuditQuery['kinds'] & object): Partial<AuditQuery> {
  return { kinds: kinds === undefined ? wanted : wanted.filter((kind) => kinds.includes(kind)) };
}

/** The system is what comes before the last bar; it may be empty. */
function parted(token: string): { system: string | undefined; value: string } {
  const at = token.lastIndexOf('|');
  return { system: at > 0 ? token.slice(0, at) : undefined, value: token.slice(at + 1) };
}

function agentOf(token: string): Partial<AuditQuery> {
  const { system, value } = parted(token);
  return { subject: value, issuer: system };
}

function patientOf(token: string): Partial<AuditQuery> {
  const { system, value } = parted(token);
  return { PatientID: value, IssuerOfPatientID: system };
}

function uidOf(token: string): string {
  const uid = parted(token).value.replace(/^urn:oid:/, '');
  if (!/^[0-9.]{1,64}$/.test(uid)) throw wrong('entity', 'is not a Study Instance UID');
  return uid;
}

const DATE =
  /^(eq|ge|gt|le|lt)?(\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?)?)?)?)$/;

/** The time that a FHIR date stands for, and its end: `2026-11` is the whole month (FHIR R4 §3.1.1.5.6). UTC where no zone is given. */
function dateRange(text: string): { from?: number; to?: number } {
  const [, prefix = 'eq', date = ''] = DATE.exec(text) ?? [];
  const hasTime = date.includes('T');
  const from = Date.parse(hasTime && !/(Z|[+-]\d\d:\d\d)$/.test(date) ? `${date}Z` : date);
  if (Number.isNaN(from)) throw wrong('date', 'is not a date such as 2026-11-27 or ge2026-11-27T08:00:00Z');
  const end = new Date(from);
  if (date.length === 4) end.setUTCFullYear(end.getUTCFullYear() + 1);
  else if (date.length === 7) end.setUTCMonth(end.getUTCMonth() + 1);
  else if (date.length === 10) end.setUTCDate(end.getUTCDate() + 1);
  else end.setTime(from + (/:\d\d\.\d/.test(date) ? 1 : /T\d\d:\d\d:\d\d/.test(date) ? 1_000 : 60_000));
  const to = end.getTime() - 1;
  const ranges: Record<string, { from?: number; to?: number }> = {
    eq: { from, to },
    ge: { from },
    gt: { from: to + 1 },
    le: { to },
    lt: { to: from - 1 },
  };
  return ranges[prefix]!;
}

function narrowed(query: Partial<AuditQuery>, { from, to }: { from?: number; to?: number }): Partial<AuditQuery> {
  return {
    from: from === undefined ? query.from : Math.max(from, query.from ?? from),
    to: to === undefined ? query.to : Math.min(to, query.to ?? to),
  };
}
