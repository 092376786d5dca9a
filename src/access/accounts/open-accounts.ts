import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basePathOf } from '../../base/base-path.js';
import type { Log } from '../../base/log.js';
import { LedgerError } from '../../base/errors.js';
import type { Claims } from '../roles-of.js';
import { ACCOUNTS_PATH } from './accounts-path.js';
import { createAccountProvider, type AccountProvider } from './account-provider.js';
import { openAccountsDatabase } from './accounts-database.js';
import { createAccounts, type Accounts } from './accounts.js';
import { openProviderKeys } from './provider-keys.js';

/** The accounts of this server with their provider, and what this server needs to be a client of it. */
export interface OpenAccounts {
  accounts: Accounts;
  /** Made when it is first needed: the URL of the server is not known before it listens. */
  provider(): AccountProvider;
  issuer(): string;
  clientSecret: string;
  /** Reaches the provider without leaving this machine: its URL may be one that only others can reach. */
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** What is so now of somebody of whom the provider said `claims`. Throws `unauthenticated` when what it gave out is not valid any more. */
  currentClaims(claims: Claims): Claims;
  close(): Promise<void>;
}

export interface OpenAccountsOptions {
  dataFolder: string;
  ownUrl: () => string;
  callbackPath: string;
  viewerUrls: readonly string[];
  log: Log;
}

/** Opens the accounts of a data folder, with keys made at the first start. Throws `misconfigured`. */
export async function openAccounts(options: OpenAccountsOptions): Promise<OpenAccounts> {
  const { dataFolder, ownUrl, callbackPath, viewerUrls, log } = options;
  const keys = await openProviderKeys(dataFolder);
  const database = openAccountsDatabase(dataFolder);
  const accounts = createAccounts(database);
  const clientSecret = randomBytes(32).toString('base64url');
  let made: AccountProvider | undefined;
  const provider = (): AccountProvider => {
    const url = ownUrl();
    const callbackUrl = `${url}${callbackPath}`;
    made ??= createAccountProvider(
      { accounts, database },
      { ownUrl: url, callbackUrl, clientSecret, viewerUrls, keys, log },
    );
    return made;
  };
  const inside = await listenInside((request, response) => provider().answer(request, response));
  if (accounts.list().length === 0)
    log.warn(
      'There is no account yet: make the first one with "dicom-ledger account new <login> --roles read,write,admin".',
    );
  return {
    accounts,
    provider,
    issuer: () => `${ownUrl()}${ACCOUNTS_PATH}`,
    clientSecret,
    fetch: (url, init) => fetch(`${inside.url}${new URL(url).pathname.slice(basePathOf(ownUrl()).length)}`, init),
    currentClaims: ({ sub, generation }) => {
      const claims = accounts.claimsOf(String(sub));
      if (claims === undefined || claims['generation'] !== generation)
        throw new LedgerError('unauthenticated', 'The account has changed since this login; log in again.');
      return claims;
    },
    close: async () => {
      await inside.close();
      database.close();
    },
  };
}

/** A server on a free port of the loopback, for this process alone to ask; what it answers is public anyway. */
async function listenInside(listener: RequestListener): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
