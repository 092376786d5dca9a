import type { Authenticate } from '../authenticate.js';
import { OWN_ISSUER, PERMISSIONS, type Principal } from '../principal.js';

/** One who may do and see everything, but for what a test says. */
export function whoever(differs: Partial<Principal> = {}): Principal {
  return {
    subject: 'whoever',
    issuer: OWN_ISSUER,
    name: 'Whoever',
    permissions: new Set(PERMISSIONS),
    sees: 'everything',
    via: 'local-token',
    ...differs,
  };
}

/** Every request is that one's: for tests of what comes behind the door. */
export const letWhoeverIn =
  (differs: Partial<Principal> = {}): Authenticate =>
  async () =>
    whoever(differs);
