import type { Audit, AuditEvent } from '../audit.js';

/** An audit that keeps what it is told in a list, and can be made to fail. */
export interface AuditInMemory extends Audit {
  /** In the order in which it was told. */
  events: (AuditEvent & { isWaitedFor: boolean })[];
  /** It cannot be written. */
  failure: Error | undefined;
}

export function auditInMemory(): AuditInMemory {
  const memory: AuditInMemory = {
    events: [],
    failure: undefined,
    alarms: [],
    lastAnchor: undefined,
    record: async (event) => {
      if (memory.failure !== undefined) throw memory.failure;
      memory.events.push({ ...event, isWaitedFor: true });
    },
    note: (event) => void memory.events.push({ ...event, isWaitedFor: false }),
    search: () => ({ rows: [], total: 0, next: undefined }),
    verify: async () => ({ rows: 0, anchored: 0, notAnchored: 0, problems: [] }),
    blind: () => 0,
    close: async () => undefined,
  };
  return memory;
}
