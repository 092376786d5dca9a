import type { Hex } from '../ethereum/hex.js';
import type { ConsortiumAt } from './consortium-events.js';
import { createConsortiumReader } from './consortium-reader.js';
import { type Role, ROLES } from './read-sites.js';

/** What an account is at the consortium. */
export interface Seat {
  /** 0: of no site. */
  siteId: number;
  role: Role;
  /** Whether its site is a member today. */
  isAdmitted: boolean;
}

export async function readSeat({ rpc, consortium }: ConsortiumAt, account: Hex): Promise<Seat> {
  const reader = createConsortiumReader(rpc, consortium);
  const [siteId, role] = (await reader.read('getAccount', account)).map(Number);
  const isAdmitted = siteId! > 0 && Boolean((await reader.read('getSite', siteId)).admitted);
  return { siteId: siteId!, role: ROLES[role!]!, isAdmitted };
}
