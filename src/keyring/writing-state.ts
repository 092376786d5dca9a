import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LedgerError } from '../base/errors.js';
import { writeDurably } from '../base/write-durably.js';
import type { OwnRing } from './keyring.js';

/** What is remembered beside the rings. No key is in it. */
export interface WritingState {
  /** The ring that is announced under. */
  writing?: OwnRing;
  /** One that was made and is not written to yet. */
  prepared?: OwnRing;
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
      ...(prepared !== undefined && { prepared: readOwnRing(prepared) }),
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
    prepared: prepared && writtenRing(prepared),
    punctures,
  };
  await writeDurably(stateFile(folder), `${JSON.stringify(written)}\n`, { mode: 0o600 });
}

function writtenRing({ ringId, commitment, year }: OwnRing): object {
  return { ringId: ringId.toString('hex'), commitment: commitment.toString('hex'), year };
}

function readOwnRing(value: unknown): OwnRing {
  const { ringId, commitment, year } = value as Record<string, unknown>;
  if (!Number.isInteger(year)) throw new Error('no year');
  return { ringId: hexBytes(ringId, 16), commitment: hexBytes(commitment, 32), year: year as number };
}

function hexBytes(value: unknown, count: number): Buffer {
  if (typeof value !== 'string' || !/^[\da-f]*$/.test(value) || value.length !== 2 * count) throw new Error('no bytes');
  return Buffer.from(value, 'hex');
}
