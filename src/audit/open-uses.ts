import type { AuditEvent, AuditSubject } from './audit.js';
import { auditBody, auditBodyText, type AuditBody } from './audit-body.js';

/** Events that are still being counted, and those whose minute is over. */
export interface OpenUses {
  add(event: AuditEvent, now: number): OpenUse;
  /** Those that have changed since they were last written, and those whose time is over, which are taken out. */
  take(now: number, isLast?: boolean): { changed: OpenUse[]; ended: OpenUse[] };
  /** What could not be written is to be taken again. */
  giveBack(taken: { changed: readonly OpenUse[]; ended: readonly OpenUse[] }): void;
}

export interface OpenUse {
  key: string;
  body: AuditBody;
  subject: AuditSubject | undefined;
  isChanged: boolean;
}

/** Beyond so many at the same time, those that differ in nothing but request and subject are counted together. */
const MAX_OPEN = 10_000;

/** Two events with one key are one event with a count. */
function keyOf({ kind, outcome, agent, address, subject, service, request, reason, detail }: AuditEvent): string {
  // Frames, instances and thumbnails of a study are one use of it.
  const what = kind === 'access' && subject?.StudyInstanceUID !== undefined ? [] : [service, request];
  return JSON.stringify([
    kind,
    outcome,
    agent?.issuer,
    agent?.subject,
    agent?.via,
    address,
    subject?.StudyInstanceUID,
    subject?.PatientID,
    reason,
    detail,
    ...what,
  ]);
}

export function createOpenUses({ windowMs }: { windowMs: number }): OpenUses {
  const open = new Map<string, OpenUse>();

  return {
    add: (event, now) => {
      let key = keyOf(event);
      if (open.size >= MAX_OPEN && !open.has(key)) {
        event = { kind: event.kind, outcome: event.outcome, agent: event.agent, detail: 'Among too many at once.' };
        key = keyOf(event);
      }
      const found = open.get(key);
      if (found !== undefined && now - found.body.at < windowMs) {
        const { body } = found;
        body.count++;
        body.until = now;
        if (event.instances !== undefined) body.instances = (body.instances ?? 0) + event.instances;
        found.isChanged = true;
        return found;
      }
      if (found !== undefined) open.set(`${key} ${found.body.id}`, found);
      const use = { key, body: auditBody(event, now), subject: event.subject, isChanged: true };
      open.set(key, use);
      return use;
    },
    take: (now, isLast = false) => {
      const taken: { changed: OpenUse[]; ended: OpenUse[] } = { changed: [], ended: [] };
      for (const [key, use] of open) {
        if (isLast || now - use.body.at >= windowMs) {
          open.delete(key);
          taken.ended.push(use);
        } else if (use.isChanged) {
          use.isChanged = false;
          taken.changed.push(use);
        }
      }
      return taken;
    },
    giveBack: ({ changed, ended }) => {
      for (const use of changed) use.isChanged = true;
      for (const use of ended) open.set(`${use.key} ${use.body.id}`, use);
    },
  };
}

/** As it is kept while it is counted. */
export const openUseText = ({ body, subject }: Pick<OpenUse, 'body' | 'subject'>): string =>
  JSON.stringify({ body: auditBodyText(body), subject });
