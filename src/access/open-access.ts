import { createAuthenticate, type Authenticate, type Way } from './authenticate.js';
import { localTokenWay, openLocalToken } from './local-token.js';

/** Who comes in, and how. */
export interface Access {
  authenticate: Authenticate;
  /** Those ways in, by name, that people and programs of other machines can use; without any, no other machine may reach the server. */
  remoteWays: readonly string[];
  close(): Promise<void>;
}

export interface AccessOptions {
  dataFolder: string;
  /** Whether programs of this machine come in by the token in `dataFolder`. */
  localToken: boolean;
}

/** Opens every way in that is configured. Throws `misconfigured` with a sentence that says what to do. */
export async function openAccess({ dataFolder, localToken }: AccessOptions): Promise<Access> {
  const ways: Way[] = [];
  if (localToken) ways.push(localTokenWay(await openLocalToken(dataFolder)));
  return { authenticate: createAuthenticate(ways), remoteWays: [], close: async () => undefined };
}
