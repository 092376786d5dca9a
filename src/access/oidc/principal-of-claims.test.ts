import { describe, expect, it } from '@jest/globals';
import type { Visibility } from '../../catalog/visibility.js';
import type { Permission } from '../principal.js';
import { principalOfClaims } from './principal-of-claims.js';

const issuer = 'https://provider.example';
const rolesOf =
  (sees: Visibility = 'everything') =>
  () => ({ permissions: new Set<Permission>(['read']), sees });
const of = (claims: Record<string, unknown>, sees?: Visibility) =>
  principalOfClaims({ sub: 's', ...claims }, { issuer, rolesOf: rolesOf(sees) });
const forbidden = expect.objectContaining({ code: 'forbidden' }) as unknown;

describe('principalOfClaims', () => {
  it('names somebody by name, user name, address or subject, in one line', () => {
    expect(of({ name: 'Dr. X', preferred_username: 'x' }).name).toBe('Dr. X');
    expect(of({ name: ' ', preferred_username: 'x' }).name).toBe('x');
    expect(of({ email: 'x@h.example' }).name).toBe('x@h.example');
    expect(of({}).name).toBe('s');
    expect(of({ name: 'a\nb\u202ec' }).name).toBe('a b c');
    expect(of({ name: 'x'.repeat(1000) }).name).toHaveLength(200);
  });

  it('lets nobody in who has no role, and names the next step', () => {
    expect(() => principalOfClaims({ sub: 's' }, { issuer, rolesOf: () => undefined })).toThrow(
      's has no role at this server; ask its operator',
    );
  });

  it('narrows what is seen to the patient of the claim', () => {
    expect(of({ patient: '123' }).sees).toEqual({ patient: { PatientID: '123' } });
    expect(of({ patient: { PatientID: '1', IssuerOfPatientID: 'H' } }, { labels: ['a'] }).sees).toEqual({
      labels: ['a'],
      patient: { PatientID: '1', IssuerOfPatientID: 'H' },
    });
    expect(of({ patient: { PatientID: '1', IssuerOfPatientID: 'H' } }, { patient: { PatientID: '1' } }).sees).toEqual({
      patient: { PatientID: '1', IssuerOfPatientID: 'H' },
    });
    expect(of({ patient: '1' }, { patient: { PatientID: '1', IssuerOfPatientID: 'H' } }).sees).toEqual({
      patient: { PatientID: '1', IssuerOfPatientID: 'H' },
    });
    expect(of({}).sees).toBe('everything');
  });

  it.each([
    [''],
    [' '],
    [7],
    [[]],
    [['1']],
    [{}],
    [{ PatientID: '' }],
    [{ PatientID: '1', IssuerOfPatientID: 5 }],
    ['x'.repeat(65)],
    [true],
  ])('refuses a patient that is %j, rather than to show everybody', (patient) => {
    expect(() => of({ patient })).toThrow(forbidden);
  });

  it('refuses another patient than that of the role', () => {
    for (const patient of ['2', { PatientID: '1', IssuerOfPatientID: 'B' }])
      expect(() => of({ patient }, { patient: { PatientID: '1', IssuerOfPatientID: 'A' } })).toThrow(forbidden);
  });
});
