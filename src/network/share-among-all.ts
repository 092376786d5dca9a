import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConsortiumAccount } from '../ledger/consortium/consortium-account.js';
import { readRings } from '../ledger/consortium/read-rings.js';
import { contractsAt } from '../ledger/consortium/contracts-at.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { readKeystore } from '../ledger/keys/keystore.js';
import { openHttpProvider } from '../ledger/rpc/http-provider.js';
import { createRpc, type Rpc } from '../ledger/rpc/rpc.js';
import type { KeptAccount } from './network.js';

/** A site whose server runs on this machine. */
export interface SharingMember {
  siteId: number;
  url: string;
  dataFolder: string;
  champion: KeptAccount;
  /** The others that its SHARE names. */
  sharesWith: readonly number[];
}

interface Consortium {
  rpc: Rpc;
  consortium: Hex;
}

/** Each look at what is missing asks every server. */
const PAUSE_MS = 1_000;

/**
 * Does what people of the sites do so that each reads what the others store (docs/operations/sharing.md): each champion publishes a card, each
 * site compares the others', and letters are handed over. Resolves when every server writes to a ring that all of its SHARE have, and no letter
 * of another ring that is shared is missing. What was done before is not done again. The letters of a later year are to be handed over by a later call.
 */
export async function shareAmongAll(
  members: readonly SharingMember[],
  { rpcUrl, contract }: { rpcUrl: string; contract: Hex },
): Promise<void> {
  const provider = openHttpProvider({ url: rpcUrl });
  try {
    const rpc = createRpc(provider);
    const contracts = await contractsAt(rpc, contract);
    if (contracts.release === 1) throw new Error(`${contract} is of release 1, which has no rings.`);
    const at: Consortium = { rpc, consortium: contracts.consortium };
    const published = new Set<SharingMember>();
    while (!(await areSharing(at, members))) {
      for (const member of members.filter((one) => !published.has(one)))
        if (await publishIfDue(at, member)) published.add(member);
      await Promise.all(members.map((member) => compareOthers(member, members)));
      for (const { from, to, ringId } of await missingLetters(at, members)) await handOver(from, to, ringId);
      await sleep(PAUSE_MS);
    }
  } finally {
    await provider.close();
  }
}

async function areSharing(at: Consortium, members: readonly SharingMember[]): Promise<boolean> {
  if ((await missingLetters(at, members)).length > 0) return false;
  return (await Promise.all(members.map((member) => isSharing(at, member)))).every(Boolean);
}

/** Whether its server writes to a ring that all of its SHARE have. */
async function isSharing(at: Consortium, member: SharingMember): Promise<boolean> {
  const file = path.join(member.dataFolder, 'keys', 'writing.json');
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const { writing } = JSON.parse(text) as { writing?: { ringId: string } };
  const ring = (await readRings(at, member.siteId)).find(({ ringId }) => ringId === `0x${writing?.ringId}`);
  const have = ring?.shares.filter(({ acknowledgedAt }) => acknowledgedAt !== undefined).map(({ toSite }) => toSite);
  return member.sharesWith.every((siteId) => have?.includes(siteId));
}

interface Letter {
  from: SharingMember;
  to: SharingMember;
  ringId: Hex;
}

async function missingLetters(at: Consortium, members: readonly SharingMember[]): Promise<Letter[]> {
  const letters = await Promise.all(
    members.map(async (from) =>
      (await readRings(at, from.siteId)).flatMap(({ ringId, shares }) =>
        shares
          .filter(({ studyKey, acknowledgedAt }) => studyKey === 0n && acknowledgedAt === undefined)
          .flatMap(({ toSite }) => members.filter(({ siteId }) => siteId === toSite))
          .map((to) => ({ from, to, ringId })),
      ),
    ),
  );
  return letters.flat();
}

interface Card {
  siteId: number;
  fingerprint: string;
  isCompared: boolean;
  /** Why no letter can be written for it. */
  hindrance?: string;
}

/** Whether it was due. */
async function publishIfDue(at: Consortium, member: SharingMember): Promise<boolean> {
  const own = (await cardsOf(member)).find(({ siteId }) => siteId === member.siteId);
  if (own && !(own.isCompared && own.hindrance !== undefined)) return false;
  const { cardKey, readerVersion, servers } = (await ask(member, '/ledger/card', { method: 'POST' }).then(json)) as {
    cardKey: Hex;
    readerVersion: number;
    servers: Hex[];
  };
  const { keystoreFile: file, passwordFile } = member.champion;
  const as = createConsortiumAccount(at, { ...at, key: await readKeystore({ file, passwordFile }) });
  // Loopback has no TLS: letters come as files.
  await as.publishCard({ url: '', cardKey, readerVersion, servers });
  return true;
}

/** The two people are one here: what a server says of its own card is what the other compares. */
async function compareOthers(member: SharingMember, members: readonly SharingMember[]): Promise<void> {
  const known = await cardsOf(member);
  for (const other of members) {
    const there = (await cardsOf(other)).find(({ siteId }) => siteId === other.siteId);
    const here = known.find(({ siteId }) => siteId === other.siteId);
    if (there === undefined || here === undefined || here.isCompared) continue;
    const query = new URLSearchParams({ fingerprint: there.fingerprint });
    await ask(member, `/ledger/cards/${other.siteId}/comparison?${query.toString()}`, { method: 'POST' });
  }
}

/** What is refused now, as the chain has not made something final yet, is tried again. */
async function handOver(from: SharingMember, to: SharingMember, ringId: Hex): Promise<void> {
  const query = new URLSearchParams({ to: String(to.siteId), ring: ringId.slice(2) });
  const written = await ask(from, `/ledger/letters?${query.toString()}`);
  if (!written.ok) return;
  await ask(to, '/ledger/letters', {
    method: 'POST',
    headers: { 'Content-Type': 'application/octet-stream' },
    body: await written.arrayBuffer(),
  });
}

async function cardsOf(member: SharingMember): Promise<Card[]> {
  const response = await ask(member, '/ledger/cards');
  return response.ok ? ((await response.json()) as Card[]) : [];
}

/** As a program of this machine. */
async function ask({ url, dataFolder }: SharingMember, route: string, init: RequestInit = {}): Promise<Response> {
  const token = (await readFile(path.join(dataFolder, 'local.token'), 'utf8')).trim();
  return fetch(`${url}${route}`, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } });
}

async function json(response: Response): Promise<unknown> {
  if (!response.ok) throw new Error(`${response.url} answers ${response.status}: ${await response.text()}`);
  return response.json();
}
