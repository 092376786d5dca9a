import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LedgerError } from '../base/errors.js';
import { writeDurably } from '../base/write-durably.js';

/** What a person of this site has given to another one, besides what SHARE says. No key is in it. */
export interface Grant {
  /** Of this site, 32 hex digits. */
  ringId: string;
  toSite: number;
  /** A u64 in decimal digits; 0: all of the ring. */
  studyKey: string;
  /** Whether that site may add series to the study. */
  mayAdd: boolean;
  /** The person, by name. */
  allowedBy: string;
  /** Milliseconds since 1970. */
  allowedAt: number;
}

/** Who has given what, as this server knows it. */
export interface Grants {
  all(): readonly Grant[];
  /** Durable when it resolves; of one study and site, the last counts. */
  add(grants: readonly Grant[]): Promise<void>;
}

const FORMAT = 1;

/** Opens the grants in the folder of the keys. Throws `misconfigured` for a file of another form. */
export async function openGrants(folder: string): Promise<Grants> {
  const file = path.join(folder, 'grants.json');
  let held = await readGrants(file);
  let last: Promise<unknown> = Promise.resolve();
  return {
    all: () => held,
    add: (grants) => {
      const turn = last.then(async () => {
        const next = [...new Map([...held, ...grants].map((one) => [keyOf(one), one])).values()];
        await writeDurably(file, `${JSON.stringify({ format: FORMAT, grants: next })}\n`, { mode: 0o600 });
        held = next;
      });
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

const keyOf = ({ ringId, toSite, studyKey }: Grant): string => [ringId, toSite, studyKey].join(' ');

async function readGrants(file: string): Promise<Grant[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (text === undefined) return [];
  try {
    const { format, grants } = JSON.parse(text) as { format: unknown; grants: unknown };
    if (format !== FORMAT || !Array.isArray(grants)) throw new Error('another format');
    return grants.map(readGrant);
  } catch (cause) {
    throw new LedgerError(
      'misconfigured',
      `The file ${file}, which says what was given to other sites, cannot be read. Move it away: what they have stays theirs, and what they wait for is to be shared again.`,
      { cause },
    );
  }
}

function readGrant(value: unknown): Grant {
  const { ringId, toSite, studyKey, mayAdd, allowedBy, allowedAt } = value as Grant;
  const isGrant =
    /^[\da-f]{32}$/.test(ringId) &&
    Number.isSafeInteger(toSite) &&
    /^(0|[1-9]\d{0,19})$/.test(studyKey) &&
    typeof mayAdd === 'boolean' &&
    typeof allowedBy === 'string' &&
    Number.isSafeInteger(allowedAt);
  if (!isGrant) throw new Error('no grant');
  return { ringId, toSite, studyKey, mayAdd, allowedBy, allowedAt };
}
