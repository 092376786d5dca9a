import { randomUUID } from 'node:crypto';
import type { AuditEvent, AuditRow } from './audit.js';

/** What the text of a row says. The subject is a reference. */
export type AuditBody = Omit<AuditEvent, 'subject'> &
  Pick<AuditRow, 'id' | 'at' | 'until' | 'count'> & { subject?: string | undefined };

/** The keys of the text in their order. */
const KEYS = [
  'id',
  'kind',
  'phase',
  'outcome',
  'at',
  'until',
  'count',
  'agent',
  'address',
  'subject',
  'service',
  'request',
  'status',
  'instances',
  'purpose',
  'reason',
  'trace',
  'detail',
] as const satisfies readonly (keyof AuditBody)[];

const MAX_TEXT = 1_000;

/** An event that happened at `at`, milliseconds since 1970, before it refers to its subject. */
export function auditBody({ subject: _subject, ...event }: AuditEvent, at: number): AuditBody {
  return { ...event, id: randomUUID(), at, until: at, count: 1 };
}

/** The text of a row as it is hashed: JSON, the keys in one order, no text above 1,000 characters. */
export function auditBodyText(body: AuditBody): string {
  const bound = (_key: string, value: unknown): unknown =>
    typeof value === 'string' && value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value;
  return JSON.stringify(Object.fromEntries(KEYS.map((key) => [key, body[key]])), bound);
}
