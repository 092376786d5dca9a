import { fromHex, toHex, type Hex } from '../../../src/ledger/ethereum/hex.js';
import { accountOf } from '../../../src/ledger/keys/sign.js';
import { signDigest } from '../../../src/ledger/keys/sign-digest.js';
import { createConsortiumAccount } from '../../../src/ledger/consortium/consortium-account.js';
import { createConsortiumReader } from '../../../src/ledger/consortium/consortium-reader.js';
import { readCards } from '../../../src/ledger/consortium/read-cards.js';
import { transact } from '../../../src/ledger/contract/transact.js';
import type { Rpc } from '../../../src/ledger/rpc/rpc.js';
import { makeCardKeys } from '../../../src/secrecy/hpke.js';
import { writeLetter } from '../../../src/secrecy/letter.js';
import { ringCommitment } from '../../../src/secrecy/ring-commitment.js';
import { wholeRing } from '../../../src/secrecy/ring.js';
import { until } from '../../../src/base/testing/until.js';
import { type MemberRing, ringName } from './member-naming.js';

/** A consortium of release 2, over a node. */
export interface Consortium {
  rpc: Rpc;
  consortium: Hex;
  chainId: bigint;
}

/** Who acts for a site that has no server. */
export interface ActingMember {
  siteId: number;
  writer: Buffer;
  champion: Buffer;
  ring: MemberRing;
}

const GAS = 1_000_000n;

/** Opens the ring of a member on the chain. */
export async function openMemberRing(
  { rpc, consortium, chainId }: Consortium,
  { siteId, writer, ring }: ActingMember,
): Promise<void> {
  const id = { chainId, consortium: fromHex(consortium), siteId, ringId: ring.ringId };
  const reader = createConsortiumReader(rpc, consortium);
  const data = reader.encode('openRing', ringName(ring), toHex(ringCommitment(ring.root, id)));
  await transact({ rpc }, { key: writer, to: consortium, data, gasLimit: GAS });
}

/**
 * Shares the ring of a member with sites that have published their cards, and gives them its keys by letters, as its server would. Resolves
 * once each has taken its letter.
 */
export async function giveKeys(
  at: Consortium,
  { siteId, writer, champion, ring }: ActingMember,
  sites: readonly { siteId: number; url: string }[],
): Promise<void> {
  const { rpc, consortium, chainId } = at;
  const reader = createConsortiumReader(rpc, consortium);
  for (const site of sites) {
    const data = reader.encode('share', ringName(ring), site.siteId, 0n, false);
    await transact({ rpc }, { key: writer, to: consortium, data, gasLimit: GAS });
  }
  const { publicKey } = await makeCardKeys();
  const servers = [accountOf(writer)];
  const card = { url: '', cardKey: toHex(publicKey), readerVersion: 1, servers };
  await createConsortiumAccount({ rpc }, { consortium, key: champion }).publishCard(card);

  const cards = await readCards({ rpc, consortium });
  for (const site of sites) {
    await compareCard(site.url, siteId);
    const { cardKey } = cards.find((one) => one.siteId === site.siteId)!;
    const head = { chainId, consortium: fromHex(consortium), from: siteId, to: site.siteId, ringId: ring.ringId };
    const sign = (digest: Buffer): Buffer => signDigest(digest, writer);
    const letter = await writeLetter({ ...head, ring: wholeRing(ring.root) }, { cardKey, sign });
    // The site's node may be behind, and what is shared not final there yet.
    await until(
      'the letter to be taken',
      async () => {
        const headers = { 'Content-Type': 'application/octet-stream' };
        const body = new Uint8Array(letter);
        return (await fetch(`${site.url}/ledger/letters`, { method: 'POST', headers, body })).ok;
      },
      { timeoutMs: 180_000, pauseMs: 500 },
    );
  }
}

/** The people of both sites are one here. */
async function compareCard(url: string, siteId: number): Promise<void> {
  const fingerprint = await until('the card to be seen', async () => {
    const cards = (await (await fetch(`${url}/ledger/cards`)).json()) as { siteId: number; fingerprint: string }[];
    return cards.find((one) => one.siteId === siteId)?.fingerprint;
  });
  const query = new URLSearchParams({ fingerprint });
  const answer = await fetch(`${url}/ledger/cards/${siteId}/comparison?${query.toString()}`, { method: 'POST' });
  if (!answer.ok) throw new Error(`${answer.url}: HTTP ${answer.status} ${await answer.text()}`);
}
