import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { LedgerError } from '../base/errors.js';
import { writeDurably } from '../base/write-durably.js';
import type { ComparedChampion } from './card-keyring.js';

const FORMAT = 1;

const comparedFile = (folder: string): string => path.join(folder, 'compared.json');

/** Whose cards were compared; no key is in it. Throws `misconfigured` for a file of another form. */
export async function readComparedCards(folder: string): Promise<ComparedChampion[]> {
  const file = comparedFile(folder);
  await rm(`${file}.new`, { force: true });
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (text === undefined) return [];
  try {
    const { format, compared } = JSON.parse(text) as { format: unknown; compared: unknown };
    if (format !== FORMAT || !Array.isArray(compared)) throw new Error('another format');
    return compared.map((one) => {
      const { siteId, champion } = one as Record<string, unknown>;
      if (!Number.isSafeInteger(siteId) || typeof champion !== 'string' || !/^0x[\da-f]{40}$/.test(champion))
        throw new Error('no champion of a site');
      return { siteId: siteId as number, champion };
    });
  } catch (cause) {
    throw new LedgerError(
      'misconfigured',
      `The file ${file}, which says whose cards were compared, cannot be read. Move it away, and compare them again ("dicom-ledger card compare").`,
      { cause },
    );
  }
}

export async function writeComparedCards(folder: string, compared: readonly ComparedChampion[]): Promise<void> {
  await writeDurably(comparedFile(folder), `${JSON.stringify({ format: FORMAT, compared })}\n`, { mode: 0o600 });
}
