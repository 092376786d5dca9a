import { readFileSync, statSync } from 'node:fs';
import { LedgerError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { unionOf, type Grant } from './grant.js';
import { rolesFileFaults, type RolesFile } from './roles-file-faults.js';
import type { Claims } from './roles-of.js';

/** Who has which role, as the file at ACCESS_FILE says. Without a file nobody has any. */
export interface AccessFile {
  /** Of somebody of whom an identity provider makes these claims; undefined without a role here. */
  rolesOf: (claims: Claims) => Grant | undefined;
  /** By the subject of a client certificate, as RFC 4514 writes it. */
  rolesOfCertificate: (subject: string) => Grant | undefined;
  /** By the id of an API key: what it has besides its own permissions. */
  rolesOfKey: (id: string) => Grant | undefined;
  /** Reads the file again. One with faults changes nothing: they are logged, and what it said before goes on. */
  reload(): void;
}

const MAX_BYTES = 1024 * 1024;
const DEFAULT_CLAIM = 'roles';

/** Reads the file. Throws `misconfigured`, naming every fault together. */
export function createAccessFile({ file, log }: { file: string | undefined; log: Log }): AccessFile {
  let content = file === undefined ? undefined : read(file);
  const granted = (roles: readonly string[] = []): Grant | undefined => {
    const defined = new Map(Object.entries(content?.roles ?? {}));
    const found = roles.flatMap((name) => defined.get(name) ?? []);
    return found.length === 0 ? undefined : unionOf(found.map(grantOf));
  };
  return {
    rolesOf: (claims) => {
      const { claim = DEFAULT_CLAIM, groups = {}, people = {} } = content ?? {};
      const byGroup = valuesOf(claims, claim).flatMap((value) => own(groups, value) ?? [value]);
      const { sub } = claims;
      return granted([...byGroup, ...((typeof sub === 'string' && own(people, sub)) || [])]);
    },
    rolesOfCertificate: (subject) => granted(own(content?.certificates ?? {}, subject)),
    rolesOfKey: (id) => granted(own(content?.keys ?? {}, id)),
    reload: () => {
      if (file === undefined) return;
      try {
        content = read(file);
        log.info({ file }, 'The roles file was read again.');
      } catch (error) {
        log.error({ err: error, file }, 'The roles file has faults; the roles stay as they were.');
      }
    },
  };
}

function read(file: string): RolesFile {
  let text: string;
  try {
    const { mode, size } = statSync(file);
    if ((mode & 0o022) !== 0)
      throw new LedgerError(
        'misconfigured',
        `Others may change ACCESS_FILE ${file} and give themselves any role; run "chmod go-w ${file}".`,
      );
    if (size > MAX_BYTES)
      throw new LedgerError('misconfigured', `ACCESS_FILE ${file} has ${size} bytes; it may have ${MAX_BYTES}.`);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new LedgerError('misconfigured', `ACCESS_FILE ${file} cannot be read (${code}).`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new LedgerError('misconfigured', `ACCESS_FILE ${file} is not JSON: ${(error as Error).message}.`);
  }
  const faults = rolesFileFaults(value);
  if (faults.length > 0)
    throw new LedgerError('misconfigured', `ACCESS_FILE ${file} has to be changed: ${faults.join('; ')}.`);
  return value as RolesFile;
}

function grantOf({ permissions, sees, mayBreakGlass }: RolesFile['roles'][string]): Grant {
  return {
    permissions: new Set(permissions),
    sees: sees === undefined ? 'everything' : { labels: sees },
    ...(mayBreakGlass === true && { mayBreakGlass: true }),
  };
}

/** The texts of a claim: of that name, or inside objects along a path with dots (`realm_access.roles`). */
function valuesOf(claims: Claims, claim: string): string[] {
  const inside = (value: unknown, name: string): unknown =>
    typeof value === 'object' && value !== null ? own(value as Record<string, unknown>, name) : undefined;
  const value = own(claims, claim) ?? claim.split('.').reduce(inside, claims);
  return (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string');
}

/** Never what every object has: `constructor` is the name of no group. */
const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;
