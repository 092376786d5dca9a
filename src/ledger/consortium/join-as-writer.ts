import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import type { Hex } from '../ethereum/hex.js';
import { accountOf } from '../keys/sign.js';
import type { Rpc } from '../rpc/rpc.js';
import { createConsortiumAccount } from './consortium-account.js';
import { createConsortiumReader } from './consortium-reader.js';
import { ROLES } from './read-sites.js';

export interface JoinAsWriterParameters {
  consortium: Hex;
  siteId: number;
  /** Of an account that has nothing on its way. */
  key: Buffer;
}

/**
 * Takes up the role of a writer at a site that has named this account for it, and at no other: whoever reads an address could name it for a
 * site of their own. Nothing is done where it has joined already; while it is not named, the log says what to do. Throws `misconfigured`
 * when the account is of another site, or no writer; `chain-refused` and `unavailable` as the chain answers.
 */
export async function joinAsWriter(
  { rpc, log }: { rpc: Rpc; log: Log },
  { consortium, siteId, key }: JoinAsWriterParameters,
): Promise<void> {
  const account = accountOf(key);
  const reader = createConsortiumReader(rpc, consortium);
  const [ownSite, ownRole] = await reader.read('getAccount', account);
  if (Number(ownSite) !== 0) {
    if (Number(ownSite) !== siteId)
      throw misconfigured(`JOIN_SITE is ${siteId}, and the account ${account} is of site ${ownSite}: correct JOIN_SITE.`); // prettier-ignore
    requireWriter(Number(ownRole), account);
    return;
  }
  const named = Number((await reader.read('namedRole', siteId, account))[0]);
  if (ROLES[named] === 'none') {
    const command = `dicom-ledger site name-writer ${account}`;
    log.warn({ account, siteId }, `Site ${siteId} has not named this account yet: its champion runs "${command}"; then start the server again.`); // prettier-ignore
    return;
  }
  requireWriter(named, account);
  await createConsortiumAccount({ rpc }, { consortium, key }).join(siteId);
  log.info({ account, siteId }, 'This account has joined its site as a writer.');
}

function requireWriter(role: number, account: Hex): void {
  if (ROLES[role] === 'writer') return;
  throw misconfigured(`The account ${account} is a champion's, which a person keeps: give the server a key of its own ("dicom-ledger key new").`); // prettier-ignore
}

function misconfigured(message: string): LedgerError {
  return new LedgerError('misconfigured', message);
}
