import type { Grant } from './grant.js';

/** What a provider or a certificate says of somebody: names of claims and their values (RFC 7519 §4). */
export type Claims = Record<string, unknown>;

/** What the site's roles let somebody with these claims do and see; undefined when they have no role here. */
export type RolesOf = (claims: Claims) => Grant | undefined;
