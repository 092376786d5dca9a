import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { createConsortiumReader } from '../consortium/consortium-reader.js';
import { transact } from '../contract/transact.js';
import { toHex, type Hex } from '../ethereum/hex.js';
import type { Ledger } from '../ledger.js';
import { createRpc, type Rpc } from '../rpc/rpc.js';
import { openSitesBed, type SitesBed } from '../testing/sites-bed.js';
import { createRingLedger, type RingLedgerDependencies } from './create-ring-ledger.js';

let bed: SitesBed;
let north: Ledger;
let south: Ledger;
beforeAll(async () => {
  bed = await openSitesBed(3);
  [north, south] = [await bed.open(1), await bed.open(2)];
});
afterAll(() => bed.close());

const newRing = async (): Promise<Hex> => {
  const ringId = toHex(randomBytes(16));
  await north.openRing(ringId, toHex(randomBytes(32)));
  return ringId;
};
const nonceOf = (ledger: Ledger): Promise<number> => createRpc(bed.provider).nonce(ledger.account, 'latest');
const timeNow = async (): Promise<number> => Number((await bed.rpc.block('latest'))!.timestamp);

describe('Rings on the chain', () => {
  it('are shared with a site and acknowledged by it, each once, with who said so and when', async () => {
    const began = await timeNow();
    const ringId = await newRing();
    const all = { ringId, siteId: 2, studyKey: 0n, mayAdd: false };
    const study = { ringId, siteId: 2, studyKey: (7n << 32n) + 1n, mayAdd: true };
    for (const to of [all, study]) await north.share(to);
    const before = await nonceOf(north);
    for (const to of [all, study]) await north.share(to);
    expect(await nonceOf(north)).toBe(before);
    await north.share({ ...study, mayAdd: false });

    const ring = { siteId: 1, ringId, studyKey: 0n };
    await south.acknowledge(ring);
    const acknowledged = await nonceOf(south);
    await south.acknowledge(ring);
    expect(await nonceOf(south)).toBe(acknowledged);

    const found = (await south.rings(1)).find((one) => one.ringId === ringId)!;
    expect(found).toMatchObject({ siteId: 1, openedBy: bed.sites[0]!.writer.account });
    const said = { toSite: 2, mayAdd: false, sharedBy: bed.sites[0]!.writer.account };
    expect(found.shares).toEqual([
      { ...said, studyKey: 0n, sharedAt: expect.any(Number), acknowledgedAt: expect.any(Number) },
      { ...said, studyKey: study.studyKey, sharedAt: expect.any(Number), acknowledgedAt: undefined },
    ]);
    const [share] = found.shares;
    const times = [began, found.openedAt, share!.sharedAt, share!.acknowledgedAt!, await timeNow()];
    expect([...times].sort((one, other) => one - other)).toEqual(times);
  });

  it('are looked at again when anything has happened at the consortium since a block', async () => {
    const ringId = await newRing();
    const before = await north.hasMovedSince(0n);
    expect(before.hasMoved).toBe(true);
    const { upTo } = before;
    expect(await north.hasMovedSince(upTo)).toEqual({ hasMoved: false, upTo });
    // Gas for somebody is no matter of the consortium.
    const [{ champion }] = [bed.sites[2]!];
    await transact(bed, { key: champion.key, to: champion.account, gasLimit: 21_000n });
    expect((await north.hasMovedSince(upTo)).hasMoved).toBe(false);
    await north.share({ ringId, siteId: 2, studyKey: 5n, mayAdd: false });
    await south.acknowledge({ siteId: 1, ringId, studyKey: 5n });
    const after = await north.hasMovedSince(upTo);
    expect(after.hasMoved).toBe(true);
    expect(after.upTo).toBeGreaterThan(upTo);
  });

  it('are looked for acknowledgements from the block of their opening on', async () => {
    const ringId = await newRing();
    const opened = await bed.rpc.blockNumber();
    await north.share({ ringId, siteId: 2, studyKey: 0n, mayAdd: false });
    const asked: (bigint | undefined)[] = [];
    const rpc: Rpc = {
      ...bed.rpc,
      logs: (filter) => {
        asked.push('from' in filter ? filter.from : undefined);
        return bed.rpc.logs(filter);
      },
    };
    const ownSite = { id: 1, require: () => Promise.resolve(1) };
    const rings = createRingLedger({ rpc, ownSite } as unknown as RingLedgerDependencies, bed.consortium);
    expect(await rings.acknowledgedBy(ringId)).toEqual([]);
    await south.acknowledge({ siteId: 1, ringId, studyKey: 0n });
    asked.length = 0;
    expect(await rings.acknowledgedBy(ringId)).toEqual([2]);
    expect(asked).toEqual([opened]);
    expect(await rings.acknowledgedBy(toHex(randomBytes(16)))).toEqual([]);
  });

  it('are not acknowledged by what else is anchored, nor by another site', async () => {
    const ringId = await newRing();
    await north.share({ ringId, siteId: 2, studyKey: 0n, mayAdd: false });
    const anchor = async (writer: Buffer, kind: number, root: Hex): Promise<void> => {
      const data = createConsortiumReader(bed.rpc, bed.consortium).encode('anchor', kind, root, 0n);
      await transact(bed, { key: writer, to: bed.consortium, data, gasLimit: 200_000n });
    };
    const [, two, three] = bed.sites;
    const root: Hex = `0x${'00'.repeat(12)}00000001${ringId.slice(2)}`;
    await anchor(two!.writer.key, 1, root);
    await anchor(two!.writer.key, 2, `0x01${root.slice(4)}`);
    await anchor(two!.writer.key, 2, `0x${'00'.repeat(12)}00000002${ringId.slice(2)}`);
    await anchor(three!.writer.key, 2, root);
    const shares = async () => (await north.rings(1)).find((one) => one.ringId === ringId)!.shares;
    expect(await shares()).toMatchObject([{ toSite: 2, acknowledgedAt: undefined }]);
    await anchor(two!.writer.key, 2, root);
    expect(await shares()).toMatchObject([{ toSite: 2, acknowledgedAt: expect.any(Number) }]);
  });

  it('are shared with admitted sites alone, and only when they are open', async () => {
    const ringId = await newRing();
    expect(await Promise.all([1, 3, 4].map((siteId) => north.isAdmitted(siteId)))).toEqual([true, true, false]);
    await expect(north.share({ ringId, siteId: 4, studyKey: 0n, mayAdd: false })).rejects.toMatchObject({
      code: 'chain-refused',
      message: expect.stringContaining('no admitted site 4'),
    });
    const third = await bed.open(3);
    const own = toHex(randomBytes(16));
    await third.openRing(own, toHex(randomBytes(32)));
    await third.share({ ringId: own, siteId: 2, studyKey: 0n, mayAdd: false });
    await bed.decide('dismissSite', 3, Math.floor(Date.now() / 1000));
    expect(await north.isAdmitted(3)).toBe(false);
    expect([await third.sharedWith(own), await third.acknowledgedBy(own)]).toEqual([[2], []]);
    await expect(north.share({ ringId, siteId: 3, studyKey: 0n, mayAdd: false })).rejects.toMatchObject({
      code: 'chain-refused',
    });
    await bed.decide('readmitSite', 3);
    expect(await north.isAdmitted(3)).toBe(true);
    const unknown = { ringId: toHex(randomBytes(16)), siteId: 2, studyKey: 0n, mayAdd: false };
    await expect(north.share(unknown)).rejects.toMatchObject({ code: 'chain-refused' });
  });
});
