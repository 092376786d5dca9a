import { readFile, writeFile } from 'node:fs/promises';
import { LedgerError } from '../base/errors.js';
import { callServer, problemOf } from './call-server.js';
import type { ServerAddress } from './server-address.js';

/** What the options of `letter write` say. */
export interface LetterToWrite {
  to: number;
  ring?: string;
  study?: string;
  ofSite?: number;
}

/** Lets the server write a letter, and puts it into a new file. */
export async function writeLetterFile(
  server: ServerAddress,
  file: string,
  { to, ring, study, ofSite }: LetterToWrite,
): Promise<void> {
  const query = new URLSearchParams({
    to: String(to),
    ...(ring !== undefined && { ring }),
    ...(study !== undefined && { study }),
    ...(ofSite !== undefined && { site: String(ofSite) }),
  });
  const response = await callServer(server, `/ledger/letters?${query.toString()}`);
  if (!response.ok) throw new LedgerError('conflict', await problemOf(response));
  const bytes = Buffer.from(await response.arrayBuffer());
  await writeFile(file, bytes, { flag: 'wx', mode: 0o600 }).catch((cause: NodeJS.ErrnoException) => {
    throw new LedgerError('bad-request', `${file} cannot be written (${cause.code}): give the name of a new file.`, { cause }); // prettier-ignore
  });
  console.log(`${file} has ${bytes.length} bytes for site ${to}, and is of use to it alone. There: dicom-ledger letter take ${file}`); // prettier-ignore
}

/** Hands a letter to the server, and says what it has brought. */
export async function takeLetterFile(server: ServerAddress, file: string): Promise<void> {
  const body = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw new LedgerError('bad-request', `${file} cannot be read (${cause.code}).`, { cause });
  });
  const headers = { 'Content-Type': 'application/octet-stream' };
  const response = await callServer(server, '/ledger/letters', { method: 'POST', body, headers });
  if (!response.ok) throw new LedgerError('conflict', await problemOf(response));
  const { from, site, ring, studyKeys } = (await response.json()) as {
    from: number;
    site: number;
    ring: string;
    studyKeys?: string[];
  };
  const what = studyKeys
    ? `${studyKeys.length} ${studyKeys.length === 1 ? 'study' : 'studies'} of the ring`
    : 'the ring';
  console.log(`Site ${from} has given ${what} ${ring} of site ${site}. What it opens is being read.`);
}
