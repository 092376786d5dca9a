import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LedgerError } from '../base/errors.js';

/** The one release of geth that seals Clique and runs here. */
const GETH_VERSION = '1.13.15';
/** The first edition of `scripts/build-geth.mjs` in which all holes are closed that are known. */
export const LEAST_EDITION = 1;

/** What a geth tells of itself. */
export interface GethEdition {
  /** `1.13.15` */
  version: string;
  /** Of ours: 1 for `1.13.15-dicomledger.1`. Undefined for one that somebody else made. */
  edition: number | undefined;
  /** Whether the known holes of its peer-to-peer code are closed, as far as its version tells. */
  hasHolesClosed: boolean;
}

/**
 * Reads the edition from what `geth version` prints, from the answer to `web3_clientVersion`, or from the name that a peer gives
 * itself (`admin_peers`). Undefined where that is no geth's.
 */
export function gethEdition(text: string): GethEdition | undefined {
  const found = /(?:\bGeth\/v|^Version: )(\d+\.\d+\.\d+)(?:-(?:dicomledger\.(\d+))?)?/m.exec(text);
  const version = found?.[1];
  if (version === undefined) return undefined;
  const edition = found?.[2] === undefined ? undefined : Number(found[2]);
  return { version, edition, hasHolesClosed: version === GETH_VERSION && (edition ?? 0) >= LEAST_EDITION };
}

/** The edition of a program. Throws `misconfigured` where it is no geth, or can't be run. */
export async function readGethEdition(binary: string): Promise<GethEdition> {
  const { stdout } = await promisify(execFile)(binary, ['version']).catch((cause: Error) => {
    throw new LedgerError('misconfigured', `${binary} version does not run (${cause.message.split('\n')[0]}).`, {
      cause,
    });
  });
  const edition = gethEdition(stdout);
  if (edition) return edition;
  throw new LedgerError('misconfigured', `${binary} is no geth: its command "version" tells none.`);
}

/** Throws `misconfigured` for a geth that does not seal Clique, and for one whose peer-to-peer code has holes that are known. */
export async function requireClosedHoles(binary: string): Promise<void> {
  const { version, edition, hasHolesClosed } = await readGethEdition(binary);
  if (hasHolesClosed) return;
  const ours =
    'Leave GETH unset, and "npm run geth" builds ours, or set it to a copy of that; docs/operations/consortium.md tells how it differs.';
  if (version !== GETH_VERSION)
    throw new LedgerError(
      'misconfigured',
      `${binary} is geth ${version}, and the nodes here run ${GETH_VERSION}, the last that seals Clique. ${ours}`,
    );
  const which =
    edition === undefined ? `geth ${version} as it was released` : `edition ${edition} of our geth ${version}`;
  throw new LedgerError(
    'misconfigured',
    `${binary} is ${which}: whoever reaches its port can stop it, by a hole that is known (CVE-2026-22862), and others are open. ${ours}`,
  );
}
