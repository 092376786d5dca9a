import { accept } from '../ask/accept.js';
import { Unmet } from '../ask/unmet.js';
import type { Server } from '../ask/server.js';
import { type MadeInstance, pathOf } from '../made/made-instance.js';

/** The instance in a transfer syntax. Throws `Unmet` of kind `not-offered` where the server did not take it. */
export async function storedIn(
  server: Server,
  instances: ReadonlyMap<string, MadeInstance>,
  name: string,
): Promise<MadeInstance> {
  const made = instances.get(name);
  if (!made || (await server.get(`${pathOf(made)}/metadata`, accept.json)).status !== 200) {
    throw new Unmet(`The server has stored nothing in ${name}.`, 'not-offered');
  }
  return made;
}
