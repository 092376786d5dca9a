import type { AuditRow } from '../audit.js';
import { auditKindOf } from '../audit-kinds.js';

const DCM = 'http://dicom.nema.org/resources/ontology/DCM';
const HL7 = 'http://terminology.hl7.org/CodeSystem';

/** Who records: the server and the folder it keeps. */
export interface AuditSource {
  /** How clients reach this server. */
  url: string;
}

type Fhir = Record<string, unknown>;

const coding = (system: string, code: string | number, display?: string): Fhir => ({
  system,
  code: String(code),
  ...(display !== undefined && { display }),
});
const concept = (system: string, code: string, display: string): Fhir => ({ coding: [coding(system, code, display)] });

/**
 * A row as FHIR R4 AuditEvent: type and subtype by DICOM (PS3.15 §A.5.3); agents, entities and the restful interaction by the
 * patterns of IHE BALP. The query is without values, which may name patients. An event that stands for several says so in its
 * period and in the entity "count".
 */
export function fhirAuditEvent(row: AuditRow, { url }: AuditSource): Fhir {
  const { type, subtype, interaction, action } = auditKindOf(row);
  const subtypes = [
    ...(subtype ? [coding(DCM, subtype.code, subtype.display)] : []),
    ...(interaction ? [coding('http://hl7.org/fhir/restful-interaction', interaction, interaction)] : []),
  ];
  return {
    resourceType: 'AuditEvent',
    id: row.id,
    type: coding(DCM, type.code, type.display),
    ...(subtypes.length > 0 && { subtype: subtypes }),
    action,
    period: { start: new Date(row.at).toISOString(), end: new Date(row.until).toISOString() },
    recorded: new Date(row.at).toISOString(),
    outcome: String(row.outcome),
    outcomeDesc: outcomeText(row),
    ...(row.reason !== undefined && {
      purposeOfEvent: [
        {
          ...concept(
            `${HL7}/v3-ActReason`,
            row.purpose ?? 'BTG',
            row.purpose === 'ETREAT' ? 'Emergency Treatment' : 'break the glass',
          ),
          text: row.reason,
        },
      ],
    }),
    agent: agentsOf(row, url),
    source: {
      site: url,
      observer: { display: 'dicom-ledger', identifier: { value: url } },
      type: [coding(`${HL7}/security-source-type`, 4, 'Application Server')],
    },
    ...entities(row),
  };
}

function outcomeText({ phase, status, detail }: AuditRow): string {
  const begun = phase === 'begun' ? 'About to be tried; another event says how it ended.' : undefined;
  return [begun, status === undefined ? undefined : `HTTP ${status}.`, detail].filter(Boolean).join(' ') || 'Success.';
}

function agentsOf({ agent, address, kind }: AuditRow, url: string): Fhir[] {
  const network = address === undefined ? {} : { network: { address, type: '2' } };
  const server = {
    type: concept(DCM, kind === 'transfer' || kind === 'import' ? '110152' : '110153', 'Server'),
    who: { display: 'dicom-ledger', identifier: { value: url } },
    requestor: agent === undefined && address === undefined,
  };
  const user =
    agent === undefined
      ? []
      : [
          {
            type: concept(`${HL7}/v3-ParticipationType`, 'IRCP', 'information recipient'),
            who: { identifier: identifierOf(agent.subject, agent.issuer), display: agent.name },
            name: agent.name,
            requestor: true,
            role: agent.permissions.map((permission) => ({ text: permission })),
            policy: [`urn:dicom-ledger:via:${agent.via}`],
            ...network,
          },
        ];
  const stranger =
    agent === undefined && address !== undefined
      ? [{ type: concept(DCM, '110150', 'Application'), who: { display: address }, requestor: true, ...network }]
      : [];
  return [...user, ...stranger, server];
}

function entities({ subject, request, instances, count, trace }: AuditRow): Fhir {
  const { StudyInstanceUID, PatientID, IssuerOfPatientID } = subject ?? {};
  const found = [
    PatientID !== undefined && {
      what: {
        type: 'Patient',
        identifier: identifierOf(PatientID, IssuerOfPatientID),
      },
      type: coding(`${HL7}/audit-entity-type`, 1, 'Person'),
      role: coding(`${HL7}/object-role`, 1, 'Patient'),
    },
    StudyInstanceUID !== undefined && {
      what: { type: 'ImagingStudy', identifier: { system: 'urn:dicom:uid', value: `urn:oid:${StudyInstanceUID}` } },
      type: coding(`${HL7}/audit-entity-type`, 2, 'System Object'),
      role: coding(`${HL7}/object-role`, 3, 'Report'),
      ...(instances !== undefined && { detail: [{ type: 'instances', valueString: String(instances) }] }),
    },
    request !== undefined && {
      type: coding(`${HL7}/audit-entity-type`, 2, 'System Object'),
      role: coding(`${HL7}/object-role`, 24, 'Query'),
      query: Buffer.from(request).toString('base64'),
      detail: [{ type: 'count', valueString: String(count) }],
    },
    trace !== undefined && {
      what: { identifier: { value: trace } },
      type: coding('https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType', 'XrequestId', 'traceparent'),
    },
  ].filter((entity) => entity !== false);
  return found.length === 0 ? {} : { entity: found };
}

/** Who has given a value out is its system where that is a URI, as FHIR asks, and else a name. */
function identifierOf(value: string, issuer: string | undefined): Fhir {
  if (issuer === undefined || issuer === '') return { value };
  return /^[a-z][a-z0-9+.-]*:\S+$/i.test(issuer) ? { system: issuer, value } : { value, assigner: { display: issuer } };
}
