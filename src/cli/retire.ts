import { LedgerError } from '../base/errors.js';
import type { ServerAddress } from './server-address.js';
import { callServer, problemOf } from './call-server.js';

export async function retire(
  SOPInstanceUID: string,
  { server, reason }: { server: ServerAddress; reason: string },
): Promise<void> {
  const response = await callServer(server, `/ledger/instances/${encodeURIComponent(SOPInstanceUID)}/retire`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ reason }),
  });
  if (!response.ok) throw new LedgerError('conflict', await problemOf(response));
  console.log(`${SOPInstanceUID} is retired.`);
}
