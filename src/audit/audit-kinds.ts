/** A code of PS3.16 CID 400 (what happened) or CID 401 (of which kind). */
export interface AuditCode {
  code: string;
  display: string;
}

export interface AuditKindRow {
  /** PS3.15 §A.5.3. */
  type: AuditCode;
  /** PS3.15 Table A.5.2-1, Event Type Code. */
  subtype?: AuditCode;
  /** FHIR's restful interaction, as IHE BALP has it beside the type of the event. */
  interaction?: 'read' | 'search' | 'create' | 'delete';
  /** Create, read, update, delete, execute (PS3.15 Table A.5.2-1, Event Action Code). */
  action: 'C' | 'R' | 'U' | 'D' | 'E';
}

const code = (value: string, display: string): AuditCode => ({ code: value, display });

const APPLICATION_ACTIVITY = code('110100', 'Application Activity');
const SECURITY_ALERT = code('110113', 'Security Alert');
const USER_AUTHENTICATION = code('110114', 'User Authentication');

/** Everything that is recorded, and how the standards name it. */
export const AUDIT_KINDS = {
  /** Pictures, frames, instances, metadata or records were given out. */
  access: { type: code('110103', 'DICOM Instances Accessed'), interaction: 'read', action: 'R' },
  query: { type: code('110112', 'Query'), interaction: 'search', action: 'E' },
  /** DICOM instances came in. */
  transfer: { type: code('110104', 'DICOM Instances Transferred'), interaction: 'create', action: 'C' },
  /** What was no DICOM came in: pictures. */
  import: { type: code('110107', 'Import'), interaction: 'create', action: 'C' },
  /** Data was made to leave the consortium on purpose: a link for somebody outside. */
  export: { type: code('110106', 'Export'), action: 'R' },
  delete: { type: code('110105', 'DICOM Study Deleted'), interaction: 'delete', action: 'D' },
  /** What is to be done to patients, or was done, has been written down or changed: a workitem. */
  'procedure-record': { type: code('110111', 'Procedure Record'), action: 'U' },
  'audit-log-used': { type: code('110101', 'Audit Log Used'), action: 'R' },
  login: { type: USER_AUTHENTICATION, subtype: code('110122', 'Login'), action: 'E' },
  logout: { type: USER_AUTHENTICATION, subtype: code('110123', 'Logout'), action: 'E' },
  /** Somebody was refused: nobody is logged in, or a permission is missing. */
  refused: { type: SECURITY_ALERT, subtype: code('110126', 'Node Authentication'), action: 'E' },
  emergency: { type: SECURITY_ALERT, subtype: code('110127', 'Emergency Override Started'), action: 'E' },
  'emergency-ended': { type: SECURITY_ALERT, subtype: code('110138', 'Emergency Override Stopped'), action: 'E' },
  /** People, keys, sessions and links: made, changed or revoked. */
  security: { type: SECURITY_ALERT, subtype: code('110137', 'User Security Attributes Changed'), action: 'U' },
  start: { type: APPLICATION_ACTIVITY, subtype: code('110120', 'Application Start'), action: 'E' },
  stop: { type: APPLICATION_ACTIVITY, subtype: code('110121', 'Application Stop'), action: 'E' },
  /** The audit could not be written for a time, and can be again. */
  'recording-again': { type: SECURITY_ALERT, subtype: code('110134', 'Audit Recording Started'), action: 'E' },
} as const satisfies Record<string, AuditKindRow>;

export type AuditKind = keyof typeof AUDIT_KINDS;

/** The row of an event's kind. */
export const auditKindOf = ({ kind }: { kind: AuditKind }): AuditKindRow => AUDIT_KINDS[kind];

/** The kinds that a code names as their type or as their subtype; a restful interaction is a subtype too. */
export function auditKindsWith(part: 'type' | 'subtype' | 'action', wanted: string): AuditKind[] {
  return (Object.entries(AUDIT_KINDS) as [AuditKind, AuditKindRow][])
    .filter(([, row]) => {
      if (part === 'action') return row.action === wanted;
      if (part === 'type') return row.type.code === wanted;
      return row.subtype?.code === wanted || row.interaction === wanted;
    })
    .map(([kind]) => kind);
}
