import { createHash } from 'node:crypto';
import type { InstanceRecord } from '../change.js';
import { TAGS } from '../matching/tags.js';

/**
 * Who an instance's patient is among those of its site, as SHA-256, hex: issuer and PatientID; without a PatientID that of its study alone. It
 * is as long for the longest ID, so that an index takes it.
 */
export function patientIdentity(record: InstanceRecord): string {
  const { issuer, StudyInstanceUID } = record;
  const PatientID = patientIdOf(record);
  const named = PatientID === '' ? ['study', StudyInstanceUID] : ['patient', issuer, PatientID];
  return createHash('sha256').update(JSON.stringify(named)).digest('hex');
}

/** By what the consortium knows who has given the PatientID; undefined where nobody is named, or there is no PatientID. */
export const issuerHashOf = (record: InstanceRecord): string | undefined =>
  patientIdOf(record) === '' ? undefined : record.issuerHash;

function patientIdOf({ study }: InstanceRecord): string {
  const [first] = study[TAGS.PatientID]?.Value ?? [];
  return typeof first === 'string' ? first.trim() : '';
}
