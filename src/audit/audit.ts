import type { Principal } from '../access/principal.js';
import type { AuditKind } from './audit-kinds.js';

/** FHIR R4 AuditEvent.outcome, as PS3.15 Table A.5.2-1: success, the asker's mistake, the server's, it is out of work. */
export type AuditOutcome = 0 | 4 | 8 | 12;

/** Whose data it is about. Kept apart from the event, which only refers to it, so that it can be taken away later. */
export interface AuditSubject {
  StudyInstanceUID?: string | undefined;
  PatientID?: string | undefined;
  IssuerOfPatientID?: string | undefined;
}

/** Who did it: what is known of a principal when it happens. */
export type AuditAgent = Pick<Principal, 'subject' | 'issuer' | 'name' | 'via'> & { permissions: string[] };

/** What happened, as somebody tells the audit. No credential, no name of a patient, no value of a search. */
export interface AuditEvent {
  kind: AuditKind;
  outcome: AuditOutcome;
  /** `begun`: it is about to be tried, and another event will say how it ended. */
  phase?: 'begun';
  agent?: AuditAgent | undefined;
  /** IP address of whoever asks. */
  address?: string | undefined;
  subject?: AuditSubject | undefined;
  /** As the table of routes names it. */
  service?: string | undefined;
  /** Method, path with its parameters' names, and the keys of the search without their values: they may name patients. */
  request?: string | undefined;
  /** HTTP status of the answer. */
  status?: number | undefined;
  /** How many instances it is about, where that is known. */
  instances?: number | undefined;
  /** HL7 v3 ActReason, when rules were set aside in an emergency: `ETREAT`, `BTG`. */
  purpose?: string | undefined;
  /** Why rules were set aside in an emergency, in the person's own words. */
  reason?: string | undefined;
  /** W3C Trace Context's `traceparent` of the request. */
  trace?: string | undefined;
  /** A sentence for people: which key was revoked. */
  detail?: string | undefined;
}

/** An event as it was written down. */
export interface AuditRow extends AuditEvent {
  /** Its place, from 1 without gaps. */
  position: number;
  /** UUID. */
  id: string;
  /** Milliseconds since 1970: when it happened first, and last. */
  at: number;
  until: number;
  /** How many times, within the minute that one event stands for. */
  count: number;
  /** Hex: SHA-256 over the hash of the row before, the position and the text of this one. */
  hash: string;
  /** The subject has been blinded, or there was none. */
  isBlinded: boolean;
}

/** What of the audit is looked for; all grounds hold together. */
export interface AuditQuery {
  kinds?: readonly AuditKind[] | undefined;
  outcomes?: readonly AuditOutcome[] | undefined;
  /** Milliseconds since 1970, both included. */
  from?: number | undefined;
  to?: number | undefined;
  subject?: string | undefined;
  issuer?: string | undefined;
  /** Beginning of the name, whatever the case. */
  name?: string | undefined;
  address?: string | undefined;
  StudyInstanceUID?: string | undefined;
  /** Also finds what is known to be about a study of that patient. */
  PatientID?: string | undefined;
  IssuerOfPatientID?: string | undefined;
  /** Only what lies before this position. */
  before?: number | undefined;
  limit: number;
}

/** The newest first. */
export interface AuditPage {
  rows: AuditRow[];
  /** Of all pages together. */
  total: number;
  /** `before` of the next page; undefined for the last one. */
  next: number | undefined;
}

/** What a check of the whole audit has shown. Problems are sentences that name the row; none means that all is as it was written. */
export interface AuditVerification {
  rows: number;
  /** Parts that are anchored on the chain, and how many rows lie after the last of them. */
  anchored: number;
  notAnchored: number;
  problems: string[];
}

/** Something about the audit that needs a person. */
export interface AuditAlarm {
  code: 'audit-stopped' | 'audit-not-anchored' | 'audit-not-sent';
  sentence: string;
  stopsStoring: boolean;
}

/** Up to which row a block has the root of the audit. */
export interface AuditAnchor {
  rows: number;
  /** When the root was made, in milliseconds since 1970. */
  closedAt: number;
  block: number;
}

/** The record of who used whose data. */
export interface Audit {
  /** Writes an event down. Resolves when it is on the disk, whatever happens then; rejects with `unavailable` when it cannot be. */
  record(event: AuditEvent): Promise<void>;
  /**
   * Writes an event down within a fifth of a second, and never fails: when it cannot be written, the alarm `audit-stopped` is raised.
   * Events that are alike but for their time and number of instances are one in a minute, with their count.
   */
  note(event: AuditEvent): void;
  search(query: AuditQuery): AuditPage;
  /** Reads all of it again, and asks the chain for the anchors. */
  verify(): Promise<AuditVerification>;
  /** Takes the subject away from all events about a study or a patient; the events stay. Says how many subjects it were. */
  blind(subject: { StudyInstanceUID: string } | { PatientID: string; IssuerOfPatientID?: string }): number;
  readonly alarms: readonly AuditAlarm[];
  /** Undefined as long as no block has one. */
  readonly lastAnchor: AuditAnchor | undefined;
  /** Writes the rest down and anchors it. */
  close(): Promise<void>;
}

/** What a principal leaves in the audit. */
export function auditAgentOf({ subject, issuer, name, via, permissions }: Principal): AuditAgent {
  return { subject, issuer, name, via, permissions: [...permissions].sort() };
}
