import type { Visibility } from '../catalog/visibility.js';
import type { Permission, Principal } from './principal.js';

/** What somebody may do, and of what. */
export type Grant = Pick<Principal, 'permissions' | 'sees' | 'mayBreakGlass'>;

/** May do nothing, whoever it is. */
export const NOTHING: Grant = { permissions: new Set(), sees: { labels: [] } };

/**
 * All of several grants: whoever has them may do what any of them permits, and sees what any of them that permits `read` shows;
 * where none does, what any of them shows. So a role that may only store shows nothing more of what another one may read.
 */
export function unionOf(grants: readonly Grant[]): Grant {
  const may = {
    permissions: new Set(grants.flatMap((grant) => [...grant.permissions])),
    ...(grants.some(({ mayBreakGlass }) => mayBreakGlass) && { mayBreakGlass: true }),
  };
  const reading = grants.filter((grant) => grant.permissions.has('read'));
  const deciding = reading.length > 0 ? reading : grants.filter((grant) => grant.permissions.size > 0);
  if (deciding.length === 0) return { ...NOTHING, ...may };
  if (deciding.some(({ sees }) => labelsOf(sees) === undefined)) return { ...may, sees: 'everything' };
  return { ...may, sees: { labels: [...new Set(deciding.flatMap(({ sees }) => labelsOf(sees) ?? []))] } };
}

/** Whether somebody with `grant` has all of `other` too: nobody gives away what one does not have. */
export function covers(grant: Grant, other: Grant): boolean {
  const isSeen =
    grant.sees === 'everything' ||
    (onlyLabels(grant.sees) &&
      other.sees !== 'everything' &&
      onlyLabels(other.sees) &&
      other.sees.labels.every((label) => labelsOf(grant.sees)?.includes(label)));
  return isSeen && [...other.permissions].every((permission: Permission) => grant.permissions.has(permission));
}

const labelsOf = (sees: Visibility): readonly string[] | undefined =>
  sees === 'everything' ? undefined : (sees.labels ?? []);

const onlyLabels = (sees: Exclude<Visibility, 'everything'>): sees is { labels: readonly string[] } =>
  sees.labels !== undefined && sees.studies === undefined && sees.patient === undefined;
