import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { LedgerError } from '../base/errors.js';
import type { ServerAddress } from './server-address.js';
import { callServer, problemOf } from './call-server.js';

interface Verification {
  byteCount: number;
  pieceCount: number;
  problems: string[];
}

/** Ends with exit code 1 when anything is not as it was stored. */
export async function verify(
  named: string | undefined,
  { server, all }: { server: ServerAddress; all?: boolean },
): Promise<void> {
  if ((named === undefined) === (all === undefined)) {
    throw new LedgerError('bad-request', 'Give either one SOPInstanceUID or --all.');
  }
  let instances = 0;
  let locked = 0;
  let bytes = 0;
  let faulty = 0;
  for await (const { name, isLocked } of named === undefined ? allSealed(server) : [wantedOf(named)]) {
    const path = `/ledger/${isLocked ? 'locked' : 'instances'}/${encodeURIComponent(name)}/verify`;
    const response = await callServer(server, path, { method: 'POST' });
    const problems = response.ok ? [] : [await problemOf(response)];
    if (response.ok) {
      const verification = (await response.json()) as Verification;
      bytes += verification.byteCount;
      problems.push(...verification.problems);
    }
    instances++;
    if (isLocked) locked++;
    if (problems.length > 0) faulty++;
    for (const problem of problems) console.log(`${name}: ${problem}`);
  }
  console.log(
    `${instances} instances, ${bytes} bytes read from the chain: ${faulty === 0 ? 'all intact' : `${faulty} not intact`}.`,
  );
  if (locked > 0)
    console.log(
      `Of ${locked} there is no key here: they are held against what the chain has announced, and what is in them is not looked at.`,
    );
  if (faulty > 0) process.exitCode = 1;
}

/** An instance by its SOP Instance UID, or what there is no key for by its image ID. */
interface Wanted {
  name: string;
  isLocked: boolean;
}

const wantedOf = (name: string): Wanted => ({ name, isLocked: name.startsWith('0x') });

async function* allSealed(server: ServerAddress): AsyncGenerator<Wanted> {
  for await (const row of rowsAt(server, '/ledger/instances'))
    yield { name: (row as { SOPInstanceUID: string }).SOPInstanceUID, isLocked: false };
  for await (const row of rowsAt(server, '/ledger/locked'))
    yield { name: (row as { imageId: string }).imageId, isLocked: true };
}

/** Newline-delimited JSON. */
async function* rowsAt(server: ServerAddress, path: string): AsyncGenerator<unknown> {
  const response = await callServer(server, path);
  if (!response.ok || !response.body) throw new LedgerError('unavailable', await problemOf(response));
  const lines = createInterface({ input: Readable.fromWeb(response.body) });
  for await (const line of lines) yield JSON.parse(line);
}
