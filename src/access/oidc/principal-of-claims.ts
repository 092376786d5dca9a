import { LedgerError } from '../../base/errors.js';
import type { Visibility } from '../../catalog/visibility.js';
import type { Grant } from '../grant.js';
import type { Principal } from '../principal.js';
import type { Claims, RolesOf } from '../roles-of.js';

const MAX_NAME_LENGTH = 200;
const MAX_SUBJECT_LENGTH = 255;
/** PS3.5 §6.2, LO. */
const MAX_PATIENT_ID_LENGTH = 64;

/**
 * The principal of somebody of whom `issuer` says `claims`. The claim `patient` narrows what is seen to that patient: a PatientID, as
 * SMART App Launch has it, or `{PatientID, IssuerOfPatientID}`. Throws `unauthenticated` without a usable `sub` (at most 255
 * characters: OpenID Connect Core §2), and `forbidden` for whoever has no role here or a `patient` that is none.
 */
export function principalOfClaims(
  claims: Claims,
  { issuer, rolesOf }: { issuer: string; rolesOf: RolesOf },
): Omit<Principal, 'via'> {
  const { sub } = claims;
  if (typeof sub !== 'string' || sub === '' || sub.length > MAX_SUBJECT_LENGTH)
    throw new LedgerError('unauthenticated', `${issuer} gave no usable "sub"; ask its operator for a stable name.`);
  const name = nameOf(claims) ?? sub;
  const grant = grantOfClaims(claims, rolesOf);
  if (grant === undefined)
    throw new LedgerError(
      'forbidden',
      `${name} has no role at this server; ask its operator to give one to a group or role that ${issuer} names.`,
    );
  return { subject: sub, issuer, name, ...grant };
}

/** What the same claims let somebody do and see; undefined without a role. Throws as `principalOfClaims` does for a `patient`. */
export function grantOfClaims(claims: Claims, rolesOf: RolesOf): Grant | undefined {
  const grant = rolesOf(claims);
  if (grant === undefined) return undefined;
  const { mayBreakGlass, ...given } = grant;
  const sees = narrowed(given.sees, claims['patient']);
  // Nobody leaves the patient of a token by an emergency: who has one logs in without a patient.
  const mayBreak = mayBreakGlass !== undefined && sees === given.sees;
  return { ...given, sees, ...(mayBreak && { mayBreakGlass }) };
}

/** As people know it; without characters that could break a line or turn it round. */
function nameOf(claims: Claims): string | undefined {
  const found = [claims['name'], claims['preferred_username'], claims['email']].find(
    (one): one is string => typeof one === 'string' && one.trim() !== '',
  );
  return found
    ?.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    .trim()
    .slice(0, MAX_NAME_LENGTH);
}

type Patient = { PatientID: string; IssuerOfPatientID?: string };

function narrowed(sees: Visibility, claim: unknown): Visibility {
  if (claim === undefined || claim === null) return sees;
  const patient = patientOf(claim);
  const before = sees === 'everything' ? undefined : sees.patient;
  if (patient !== undefined && (before === undefined || canBeOne(before, patient)))
    return { ...(sees !== 'everything' && sees), patient: { ...before, ...patient } };
  throw new LedgerError(
    'forbidden',
    'The claim "patient" names no patient whom its holder may see; it has to be a PatientID, or an object with PatientID and IssuerOfPatientID.',
  );
}

/** Whether both can mean the same patient: an issuer that is not named is any. */
const canBeOne = (one: Patient, other: Patient): boolean =>
  one.PatientID === other.PatientID &&
  (one.IssuerOfPatientID ?? other.IssuerOfPatientID) === (other.IssuerOfPatientID ?? one.IssuerOfPatientID);

function patientOf(claim: unknown): Patient | undefined {
  if (isIdentifier(claim)) return { PatientID: claim };
  if (typeof claim !== 'object' || claim === null) return undefined;
  const { PatientID, IssuerOfPatientID } = claim as Record<string, unknown>;
  if (!isIdentifier(PatientID)) return undefined;
  if (IssuerOfPatientID === undefined) return { PatientID };
  return isIdentifier(IssuerOfPatientID) ? { PatientID, IssuerOfPatientID } : undefined;
}

const isIdentifier = (value: unknown): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= MAX_PATIENT_ID_LENGTH;
