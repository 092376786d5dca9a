import type { Visibility } from '../catalog/visibility.js';
import type { Emergency } from './emergency.js';

/**
 * `read` is search and retrieval, `write` storing; `retire` is apart from it, because a modality that stores must not be able to
 * withdraw what others stored. `audit` is the ledger's records, their verification, the state of the network and who used what;
 * `admin` is running the server, with its people and keys.
 */
export type Permission = 'read' | 'write' | 'retire' | 'audit' | 'admin';

export const PERMISSIONS: readonly Permission[] = ['read', 'write', 'retire', 'audit', 'admin'];

/** How somebody came in. */
export type WayIn = 'local-token' | 'session' | 'bearer' | 'api-key' | 'certificate' | 'link';

/** On whose behalf a request is made, and what that one may do and see. */
export interface Principal {
  /** A stable name, unique for its issuer: the `sub` of a token, the id of an API key. No credential. */
  subject: string;
  /** Who vouches for the subject: the URL of an OpenID provider, or `dicom-ledger` for what this server itself gave out. */
  issuer: string;
  /** As people know it; for pages and records. */
  name: string;
  permissions: ReadonlySet<Permission>;
  sees: Visibility;
  /** Labels of the studies that this one stores; none unless they are here. */
  setsLabels?: readonly string[];
  /** Whether this one may see, for a reason that is recorded, what `sees` does not show. */
  mayBreakGlass?: boolean;
  /** That of this one's session, which has not ended. `sees` is what is seen without it. */
  emergency?: Emergency;
  via: WayIn;
}

/** The issuer of everything that this server gave out itself. */
export const OWN_ISSUER = 'dicom-ledger';
