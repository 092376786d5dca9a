import type { Hex } from '../ethereum/hex.js';
import { rpcFailure } from '../rpc/provider.js';
import { type ConsortiumAt, type ConsortiumEvent, consortiumEvents, lower } from './consortium-events.js';
import { createConsortiumReader } from './consortium-reader.js';

/** By number, as the contract's `Role`. */
export const ROLES = ['none', 'writer', 'champion'] as const;
export type Role = (typeof ROLES)[number];

export interface SiteAccount {
  account: Hex;
  role: Role;
  /** False while it was named and has not joined. */
  hasJoined: boolean;
}

/** What a site has published last, as an admin reads it. */
export interface SiteCard {
  /** Empty: letters go by file. */
  url: string;
  readerVersion: number;
  servers: Hex[];
}

/** A site as the consortium knows it. */
export interface ConsortiumSite {
  siteId: number;
  name: string;
  /** False once it was dismissed. */
  admitted: boolean;
  /** Block time in seconds: what was announced then or later is hidden at the other sites; 0: nothing. */
  hiddenSince: number;
  writerCount: number;
  championCount: number;
  /** Undefined when the node does not give the events of old blocks. */
  accounts: SiteAccount[] | undefined;
  /** Undefined when none was published, or the events are missing. */
  card: SiteCard | undefined;
}

/** Every site that was ever admitted, by number. */
export async function readSites(at: ConsortiumAt): Promise<ConsortiumSite[]> {
  const reader = createConsortiumReader(at.rpc, at.consortium);
  const count = Number((await reader.read('siteCount'))[0]);
  const names = ['AccountNamed', 'AccountJoined', 'AccountRemoved', 'CardPublished'];
  const events = await consortiumEvents(at, names).catch((error: unknown) => {
    if (rpcFailure(error) === undefined) throw error;
    return undefined;
  });
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const siteId = i + 1;
      const { name, admitted, hiddenSince, writerCount, championCount } = await reader.read('getSite', siteId);
      const own = events?.filter(({ values }) => Number(values.siteId) === siteId);
      const accounts = own && accountsOf(own);
      const joined = (role: Role) => accounts?.filter((one) => one.hasJoined && one.role === role).length;
      const isWhole = joined('writer') === Number(writerCount) && joined('champion') === Number(championCount);
      return {
        ...{ siteId, name: String(name), admitted: Boolean(admitted), hiddenSince: Number(hiddenSince) },
        ...{ writerCount: Number(writerCount), championCount: Number(championCount) },
        ...{ accounts: isWhole ? accounts : undefined, card: own && cardOf(own) },
      };
    }),
  );
}

function accountsOf(events: readonly ConsortiumEvent[]): SiteAccount[] {
  const [named, seated] = [new Map<Hex, Role>(), new Map<Hex, Role>()];
  for (const { name, values } of events) {
    if (name === 'CardPublished') continue;
    const account = lower(values.account);
    if (name !== 'AccountNamed') named.delete(account);
    if (name === 'AccountNamed') named.set(account, ROLES[Number(values.role)]!);
    else if (name === 'AccountJoined') seated.set(account, ROLES[Number(values.role)]!);
    else seated.delete(account);
  }
  return [
    ...[...seated].map(([account, role]) => ({ account, role, hasJoined: true })),
    ...[...named].map(([account, role]) => ({ account, role, hasJoined: false })),
  ];
}

function cardOf(events: readonly ConsortiumEvent[]): SiteCard | undefined {
  const published = events.findLast(({ name }) => name === 'CardPublished');
  if (published === undefined) return undefined;
  const { url, readerVersion, servers } = published.values.card as Record<string, unknown>;
  return { url: String(url), readerVersion: Number(readerVersion), servers: [...(servers as string[])].map(lower) };
}
