import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LedgerError } from '../base/errors.js';
import { writeDurably } from '../base/write-durably.js';
import type { OwnRing } from './keyring.js';

/** What is remembered beside the rings. No key is in it. */
export interface WritingState {
  /** The ring that is announced under. */
  writing?: OwnRing;
  /** Those of the same year that are not written to: not yet, or not now. One for each audience. */
  prepared: OwnRing[];
  /** How often something was taken out of a ring: a backup from before has more than there is today. */
  punctures: number;
}

const FORMAT = 1;

const stateFile = (folder: string): string => path.join(folder, 'writing.json');

/** Undefined when nothing was remembered. Throws `misconfigured` for a file of another form. */
export async function readWritingState(folder: string): Promise<WritingState | undefined> {
  const file = stateFile(folder);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (text === undefined) return undefined;
  try {
    const { format, writing, prepared, punctures } = JSON.parse(text) as Record<string, unknown>;
    if (format !== FORMAT || !Number.isSafeInteger(punctures)) throw new Error('another format');
    return {
      ...(writing !== undefined && { writing: readOwnRing(writing) }),
      // An earlier release knew one at most.
      prepared: (Array.isArray(prepared) ? prepared : prepared === undefined ? [] : [prepared]).map(readOwnRing),
      punctures: punctures as number,
    };
  } catch (cause) {
    throw new LedgerError(
      'misconfigured',
      `The file ${file}, which says which ring is written to, cannot be read. Move it away: the server then opens a new ring.`,
      { cause },
    );
  }
}

export async function writeWritingState(folder: string, state: WritingState): Promise<void> {
  const { writing, prepared, punctures } = state;
  const written = {
    format: FORMAT,
    writing: writing && writtenRing(writing),
    prepared: prepared.map(writtenRing),
    punctures,
  };
  await writeDurably(stateFile(folder), `${JSON.stringify(written)}\n`, { mode: 0o600 });
}

function writtenRing({ ringId, commitment, ...said }: OwnRing): object {
  return { ringId: ringId.toString('hex'), commitment: commitment.toString('hex'), ...said };
}

function readOwnRing(value: unknown): OwnRing {
  // An earlier release wrote for its own site alone.
  const { ringId, commitment, year, audience = [] } = value as Record<string, unknown>;
  if (!Number.isInteger(year)) throw new Error('no year');
  if (!isAudience(audience)) throw new Error('no audience');
  return { ringId: hexBytes(ringId, 16), commitment: hexBytes(commitment, 32), year: year as number, audience };
}

function isAudience(value: unknown): value is number[] {
  if (!Array.isArray(value)) return false;
  return value.every(
    (site: unknown, at) => Number.isSafeInteger(site) && (site as number) > (at === 0 ? 0 : (value[at - 1] as number)),
  );
}

function hexBytes(value: unknown, count: number): Buffer {
  if (typeof value !== 'string' || !/^[\da-f]*$/.test(value) || value.length !== 2 * count) throw new Error('no bytes');
  return Buffer.from(value, 'hex');
}
