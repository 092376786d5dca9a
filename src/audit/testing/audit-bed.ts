import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLog } from '../../base/log.js';
import type { Audit, AuditEvent } from '../audit.js';
import type { AuditChain } from '../anchors.js';
import { openAudit, type AuditDependencies, type AuditOptions } from '../open-audit.js';

export interface AuditBed {
  folder: string;
  chain: MemoryChain;
  open(options?: Partial<AuditOptions & AuditDependencies>): Promise<Audit>;
  remove(): void;
}

/** What a chain keeps of anchors, where a test needs no chain. */
export interface MemoryChain extends AuditChain {
  anchored: { root: Buffer; count: number }[];
  isReachable: boolean;
  /** It says nothing when it is asked for an anchor. */
  isStuck: boolean;
  /** How often it was asked for one. */
  asked: number;
}

/** An audit in a folder of its own, whose events are apart from each other after a moment. */
export function auditBed(): AuditBed {
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-audit-'));
  const chain: MemoryChain = {
    anchored: [],
    isReachable: true,
    isStuck: false,
    asked: 0,
    anchor: async (root, count) => {
      chain.asked++;
      if (chain.isStuck) return new Promise(() => undefined);
      if (!chain.isReachable) throw new Error('No node answers.');
      chain.anchored.push({ root, count });
      return `0x${chain.anchored.length}`;
    },
    findAnchor: async (hash) => {
      if (!chain.isReachable) throw new Error('No node answers.');
      const found = chain.anchored[Number(hash) - 1];
      return found && { ...found, block: BigInt(hash) };
    },
  };
  return {
    folder,
    chain,
    open: ({ patientOf = async () => undefined, receivers = [], ...options } = {}) =>
      openAudit({ chain, patientOf, receivers, log: silentLog }, { dataFolder: folder, retentionYears: 6, ...options }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function anEvent(differs: Partial<AuditEvent> = {}): AuditEvent {
  return {
    kind: 'access',
    outcome: 0,
    agent: { subject: 'u1', issuer: 'https://idp.example', name: 'Ada', via: 'session', permissions: ['read'] },
    address: '192.0.2.7',
    subject: { StudyInstanceUID: '1.2.3' },
    service: 'Retrieve',
    request: 'GET /dicom-web/studies/:study',
    ...differs,
  };
}
