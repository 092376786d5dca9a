import { auditKindOf, type AuditCode } from '../audit-kinds.js';
import type { AuditRow } from '../audit.js';
import type { AuditSource } from './fhir-audit-event.js';

/** A row as the XML message of PS3.15 §A.5.1 (RFC 3881 as DICOM has it), for repositories that take syslog. */
export function dicomAuditMessage(row: AuditRow, { url }: AuditSource): string {
  const { type, subtype, action } = auditKindOf(row);
  const identification = element(
    'EventIdentification',
    {
      EventActionCode: action,
      EventDateTime: new Date(row.at).toISOString(),
      EventOutcomeIndicator: String(row.outcome),
    },
    [
      coded('EventID', type),
      ...(subtype === undefined ? [] : [coded('EventTypeCode', subtype)]),
      ...(row.detail === undefined ? [] : [`<EventOutcomeDescription>${text(row.detail)}</EventOutcomeDescription>`]),
    ],
  );
  const message = element('AuditMessage', {}, [
    identification,
    ...participants(row, url),
    element('AuditSourceIdentification', { AuditSourceID: url }, [
      element('AuditSourceTypeCode', { 'csd-code': '4' }, []),
    ]),
    ...objects(row),
  ]);
  return `<?xml version="1.0" encoding="UTF-8"?>${message}`;
}

function participants({ agent, address, kind }: AuditRow, url: string): string[] {
  const network: Record<string, string> =
    address === undefined ? {} : { NetworkAccessPointID: address, NetworkAccessPointTypeCode: '2' };
  const takes = kind === 'transfer' || kind === 'import';
  const server = element('ActiveParticipant', { UserID: url, UserIsRequestor: 'false' }, [
    coded('RoleIDCode', takes ? DESTINATION : SOURCE),
  ]);
  if (agent === undefined && address === undefined) return [server];
  const who: Record<string, string> =
    agent === undefined
      ? { UserID: address!, UserIsRequestor: 'true' }
      : {
          UserID: agent.subject,
          AlternativeUserID: agent.issuer,
          UserName: agent.name,
          UserIsRequestor: 'true',
        };
  return [
    element('ActiveParticipant', { ...who, ...network }, [coded('RoleIDCode', takes ? SOURCE : DESTINATION)]),
    server,
  ];
}

const SOURCE: AuditCode = { code: '110153', display: 'Source Role ID' };
const DESTINATION: AuditCode = { code: '110152', display: 'Destination Role ID' };
const STUDY: AuditCode = { code: '110180', display: 'Study Instance UID' };

/** Type and role codes are those of PS3.15 Table A.5.2-1: 1 person, 2 system object; 1 patient, 3 report, 24 query. */
function objects({ subject, request, service, instances, count }: AuditRow): string[] {
  const { StudyInstanceUID, PatientID, IssuerOfPatientID } = subject ?? {};
  const rfc3881 = (code: string, display: string): string =>
    element('ParticipantObjectIDTypeCode', { 'csd-code': code, codeSystemName: 'RFC-3881', originalText: display }, []);
  const object = (id: string, type: number, role: number, inside: string[]): string =>
    element(
      'ParticipantObjectIdentification',
      {
        ParticipantObjectID: id,
        ParticipantObjectTypeCode: String(type),
        ParticipantObjectTypeCodeRole: String(role),
      },
      inside,
    );
  const detail = (name: string, value: string): string =>
    element('ParticipantObjectDetail', { type: name, value: base64(value) }, []);
  return [
    ...(StudyInstanceUID === undefined
      ? []
      : [
          object(StudyInstanceUID, 2, 3, [
            coded('ParticipantObjectIDTypeCode', STUDY),
            ...(instances === undefined ? [] : [detail('instances', String(instances))]),
          ]),
        ]),
    ...(PatientID === undefined
      ? []
      : [
          object(IssuerOfPatientID ? `${PatientID}^^^${IssuerOfPatientID}` : PatientID, 1, 1, [
            rfc3881('2', 'Patient Number'),
          ]),
        ]),
    ...(request === undefined
      ? []
      : [
          object(service ?? 'request', 2, 24, [
            rfc3881('10', 'Search Criteria'),
            `<ParticipantObjectQuery>${base64(request)}</ParticipantObjectQuery>`,
            detail('count', String(count)),
          ]),
        ]),
  ];
}

function coded(name: string, { code, display }: AuditCode): string {
  return element(name, { 'csd-code': code, codeSystemName: 'DCM', originalText: display }, []);
}

function element(name: string, attributes: Record<string, string>, inside: readonly string[]): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${text(value)}"`);
  const content = inside.join('');
  return content === '' ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${content}</${name}>`;
}

/** Escaped for XML 1.0 §2.2 and §2.4; characters that it does not know are left out. */
function text(value: string): string {
  return value
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[<>&"]/g, (character) => `&#${character.codePointAt(0)};`);
}

const base64 = (value: string): string => Buffer.from(value).toString('base64');
