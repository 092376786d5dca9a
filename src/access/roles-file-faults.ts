import { PERMISSIONS, type Permission } from './principal.js';

/** What stands in ACCESS_FILE, as JSON. */
export interface RolesFile {
  /** Which claim has somebody's groups or roles; a path with dots leads into objects. `roles` unless given. */
  claim?: string;
  roles: Record<string, { permissions: Permission[]; sees?: string[]; mayBreakGlass?: boolean }>;
  /** A value of the claim → roles. A value that does not stand here is the name of a role itself. */
  groups?: Record<string, string[]>;
  /** `sub` of a person → roles. */
  people?: Record<string, string[]>;
  /** Subject of a client certificate → roles. */
  certificates?: Record<string, string[]>;
  /** Id of an API key → roles. */
  keys?: Record<string, string[]>;
}

const LISTS = ['groups', 'people', 'certificates', 'keys'] as const;

/** What labels are made of: the same as in the catalogue. */
export const isLabel = (text: unknown): text is string =>
  typeof text === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(text);

/** Everything that is wrong with what stands in a roles file, each as half a sentence with its place; none when it is one. */
export function rolesFileFaults(value: unknown): string[] {
  if (!isObject(value)) return ['it is not an object with "roles"'];
  const { claim, roles, ...lists } = value;
  const faults = unknownNames('it', lists, LISTS);
  if (claim !== undefined && (typeof claim !== 'string' || claim === ''))
    faults.push('"claim" is not the name of a claim');
  if (!isObject(roles)) return [...faults, '"roles" is not an object of roles by their names'];
  for (const [name, role] of Object.entries(roles)) faults.push(...roleFaults(`roles.${name}`, role));
  for (const list of LISTS) {
    const given = lists[list];
    if (given === undefined) continue;
    if (!isObject(given)) faults.push(`"${list}" is not an object of lists of roles`);
    else
      for (const [name, named] of Object.entries(given)) faults.push(...namedFaults(`${list}.${name}`, named, roles));
  }
  return faults;
}

function roleFaults(place: string, role: unknown): string[] {
  if (!isObject(role)) return [`${place} is not an object with "permissions"`];
  const { permissions, sees, mayBreakGlass, ...others } = role;
  const faults = unknownNames(place, others, []);
  if (!Array.isArray(permissions)) faults.push(`${place}.permissions is not a list of ${PERMISSIONS.join(', ')}`);
  else
    for (const one of permissions)
      if (!PERMISSIONS.includes(one as Permission))
        faults.push(`${place}.permissions has ${shown(one)}, which is none of ${PERMISSIONS.join(', ')}`);
  if (sees !== undefined && !Array.isArray(sees)) faults.push(`${place}.sees is not a list of labels`);
  if (Array.isArray(sees))
    for (const one of sees)
      if (!isLabel(one))
        faults.push(`${place}.sees has ${shown(one)}, which is no label (1 to 64 of A-Z a-z 0-9 . _ -)`);
  if (mayBreakGlass !== undefined && typeof mayBreakGlass !== 'boolean')
    faults.push(`${place}.mayBreakGlass is not true or false`);
  return faults;
}

function namedFaults(place: string, named: unknown, roles: Record<string, unknown>): string[] {
  if (!Array.isArray(named)) return [`${place} is not a list of roles`];
  return named
    .filter((one) => typeof one !== 'string' || !Object.hasOwn(roles, one))
    .map((one) => `${place} has ${shown(one)}, which is no role of "roles"`);
}

function unknownNames(place: string, object: Record<string, unknown>, known: readonly string[]): string[] {
  return Object.keys(object)
    .filter((name) => !known.includes(name))
    .map((name) => `${place} has "${name}", which means nothing here`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 100) ?? 'nothing';
