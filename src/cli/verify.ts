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
  SOPInstanceUID: string | undefined,
  { server, all }: { server: ServerAddress; all?: boolean },
): Promise<void> {
  if ((SOPInstanceUID === undefined) === (all === undefined)) {
    throw new LedgerError('bad-request', 'Give either one SOPInstanceUID or --all.');
  }
  let instances = 0;
  let bytes = 0;
  let faulty = 0;
  for await (const uid of SOPInstanceUID === undefined ? allSealed(server) : [SOPInstanceUID]) {
    const response = await callServer(server, `/ledger/instances/${encodeURIComponent(uid)}/verify`, {
      method: 'POST',
    });
    const problems = response.ok ? [] : [await problemOf(response)];
    if (response.ok) {
      const verification = (await response.json()) as Verification;
      bytes += verification.byteCount;
      problems.push(...verification.problems);
    }
    instances++;
    if (problems.length > 0) faulty++;
    for (const problem of problems) console.log(`${uid}: ${problem}`);
  }
  console.log(
    `${instances} instances, ${bytes} bytes read from the chain: ${faulty === 0 ? 'all intact' : `${faulty} not intact`}.`,
  );
  if (faulty > 0) process.exitCode = 1;
}

async function* allSealed(server: ServerAddress): AsyncGenerator<string> {
  const response = await callServer(server, '/ledger/instances');
  if (!response.ok || !response.body) throw new LedgerError('unavailable', await problemOf(response));
  const lines = createInterface({ input: Readable.fromWeb(response.body) });
  for await (const line of lines) yield (JSON.parse(line) as { SOPInstanceUID: string }).SOPInstanceUID;
}
