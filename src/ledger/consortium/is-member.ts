import { createImageLedger } from '../contract/image-ledger.js';
import { GOVERNOR_ROLE } from '../contract/member-sites.js';
import type { Hex } from '../ethereum/hex.js';
import type { Rpc } from '../rpc/rpc.js';
import { createConsortiumReader } from './consortium-reader.js';
import { contractsAt } from './contracts-at.js';

/** Whether an account is a governor's or of an admitted site, at a contract of whichever release. */
export async function isMember(rpc: Rpc, contract: Hex, account: Hex): Promise<boolean> {
  const contracts = await contractsAt(rpc, contract);
  if (contracts.release === 1) {
    const ledger = createImageLedger(rpc, contracts.contract);
    if ((await ledger.siteOf(account)) > 0) return true;
    return Boolean((await ledger.read('hasRole', GOVERNOR_ROLE, account))[0]);
  }
  const reader = createConsortiumReader(rpc, contracts.consortium);
  const { siteId } = await reader.read('getAccount', account);
  if (Number(siteId) > 0) return Boolean((await reader.read('getSite', siteId)).admitted);
  return Boolean((await reader.read('isGovernor', account))[0]);
}
