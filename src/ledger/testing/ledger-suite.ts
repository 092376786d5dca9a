import { until } from '../../base/testing/until.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { fromHex, quantity, toHex, type Hex } from '../ethereum/hex.js';
import {
  contentOf,
  eventsUntil,
  newImage,
  openBed,
  readWhole,
  sealedBodies,
  announceOnly,
  startStore,
  type Announced,
  type Bed,
  type BedChain,
} from './ledger-bed.js';
import type { Body, ImageToStore, Ledger } from '../ledger.js';
import type { LedgerOptions } from '../open-ledger.js';
import { createRpc } from '../rpc/rpc.js';
import { accountOf } from '../keys/sign.js';

/** What any `Ledger` does, whatever chain is behind it. */
export function describeLedger(
  name: string,
  start: (folder: string, funded: Hex[]) => Promise<BedChain>,
  defaults: Partial<LedgerOptions> = {},
): void {
  describe(name, () => {
    let bed: Bed;
    let ledger: Ledger;
    beforeAll(async () => {
      bed = await openBed(start, defaults);
      ledger = await bed.open();
    });
    afterAll(() => bed.close());

    const store = (image: ImageToStore, on = ledger): Promise<void> => on.store(image);
    const bodiesOf = (imageId: Hex): ReturnType<typeof sealedBodies> => sealedBodies(ledger, imageId);
    const expectStored = async (body: Body, image: ImageToStore, on = ledger): Promise<void> =>
      expect((await readWhole(on, body)).equals(await image.instance.read(0, image.instance.byteCount))).toBe(true);

    it('knows its site', () => {
      expect(ledger.siteId).toBe(1);
      expect([1, 2, 3].map((siteId) => ledger.siteName(siteId))).toEqual(['North', 'South', 'site 3']);
      expect(ledger.account).toBe(accountOf(bed.keys.site));
      expect(ledger.contracts).toEqual([bed.contract]);
    });

    it('tells in which transaction of a block an image was sealed', async () => {
      const image = newImage(10);
      await store(image);
      const block = (await eventsUntil(ledger, image.imageId, 'sealed')).at(-1)!.position.blockNumber;
      const seal = (await ledger.seals(block)).get(image.imageId);
      expect(seal?.blockHash).toMatch(/^0x[0-9a-f]{64}$/);
      expect(await createRpc(bed.provider).minedTransaction(seal!.transactionHash)).toMatchObject({ block });
      expect((await ledger.seals(block + 1n)).get(image.imageId)).toBeUndefined();
    });

    it('stores images of no bytes, one, a piece, and around, and reads them back bit by bit', async () => {
      const images = [0, 1, 24_575, 24_576, 30_719, 30_720, 30_721, 61_440].map((byteCount) => newImage(byteCount));
      await Promise.all(images.map((image) => store(image)));
      for (const image of images) {
        const { announced, instance } = await bodiesOf(image.imageId);
        await expectStored(instance, image);
        expect(await ledger.readBody(announced.header)).toEqual(image.header);
        expect(await ledger.readBody(announced.preview)).toEqual(image.preview);
        expect(await bed.image(image.imageId)).toMatchObject({ state: 'sealed', siteId: 1 });
      }
    });

    it('puts a small image into one transaction', async () => {
      const image = newImage(20_000);
      const transactions = await countTransactions(bed, () => store(image));
      expect(transactions).toBe(1);
    });

    it('stores an image of many pieces and reads any range of them', async () => {
      const image = newImage(1_000_000);
      await store(image);
      const { instance } = await bodiesOf(image.imageId);
      await expectStored(instance, image);
      const [twelfth] = await ledger.readPieces(instance, 12, 1);
      expect(twelfth).toEqual(await image.instance.read(12 * 30_720, 30_720));
      expect(await ledger.readPieces(instance, 32, 100)).toHaveLength(1);
      expect(await ledger.readPieces(instance, 33, 1)).toEqual([]);
    });

    it('sends repeated content once', async () => {
      const image = newImage(0, { instance: contentOf(Buffer.alloc(1_000_000, 7)) });
      const transactions = await countTransactions(bed, () => store(image));
      expect(transactions).toBeLessThan(5);
      const { instance } = await bodiesOf(image.imageId);
      await expectStored(instance, image);
    });

    it('announces an image with its preview before its bulk is there', async () => {
      const image = newImage(3_000_000);
      const stored = startStore(ledger, image);
      const [announced] = (await eventsUntil(ledger, image.imageId, 'announced')) as [Announced];
      expect(await ledger.readBody(announced.preview)).toEqual(image.preview);
      await stored;
      const kinds = (await eventsUntil(ledger, image.imageId, 'sealed')).map(({ kind }) => kind);
      expect(kinds).toEqual(['announced', 'sealed']);
    });

    it('takes the same image twice, one after the other and at once', async () => {
      const image = newImage(100_000);
      await Promise.all([store(image), store(image)]);
      expect(await countTransactions(bed, () => store(image))).toBe(0);
      expect((await eventsUntil(ledger, image.imageId, 'sealed')).length).toBe(2);
    });

    it('refuses other content under the same key', async () => {
      const image = newImage(1_000);
      await store(image);
      const other = newImage(1_000, { imageId: image.imageId });
      await expect(ledger.store(other)).rejects.toMatchObject({ code: 'conflict' });
    });

    it("takes the same content as another site's for stored, and refuses other content", async () => {
      const image = newImage(1_000);
      await store(image, await bed.open({ privateKey: bed.keys.otherSite }));
      await store(image);
      expect(await bed.image(image.imageId)).toMatchObject({ siteId: 2 });
      const other = newImage(1_000, { imageId: image.imageId });
      await expect(store(other)).rejects.toMatchObject({ code: 'conflict' });
    });

    it('retires an image for ever', async () => {
      const image = newImage(1_000);
      await store(image);
      await ledger.retire(image.imageId, 'wrong patient');
      expect((await eventsUntil(ledger, image.imageId, 'retired')).at(-1)).toMatchObject({ reason: 'wrong patient' });
      await expect(ledger.retire(image.imageId, 'again')).rejects.toMatchObject({ code: 'gone' });
      await expect(store(image)).rejects.toMatchObject({ code: 'gone' });
      await expect(ledger.retire(toHex(randomBytes(32)), 'x')).rejects.toMatchObject({ code: 'not-found' });
    });

    it("refuses to retire another site's image", async () => {
      const image = newImage(1_000);
      await store(image);
      const other = await bed.open({ privateKey: bed.keys.otherSite });
      await expect(other.retire(image.imageId, 'not mine')).rejects.toMatchObject({ code: 'site-not-admitted' });
    });

    it('refuses what an account of no site writes, and lets it read', async () => {
      const image = newImage(1_000);
      await store(image);
      const stranger = await bed.open({ privateKey: bed.keys.stranger });
      await expect(stranger.store(newImage(1_000))).rejects.toMatchObject({ code: 'site-not-admitted' });
      await expect(stranger.retire(image.imageId, 'x')).rejects.toMatchObject({ code: 'site-not-admitted' });
      const { instance } = await sealedBodies(stranger, image.imageId);
      await expectStored(instance, image, stranger);
    });

    it('ends as it should when it is cut off in the middle and opened again, and sends only the rest', async () => {
      const image = newImage(1_500_000);
      const outboxFolder = await bed.newFolder();
      // Its key is its own: two senders of one account would take each other's nonces.
      const privateKey = bed.keys.otherSite;
      const nonce = (): Promise<number> => createRpc(bed.provider).nonce(accountOf(privateKey), 'latest');
      const [before, whole] = [await nonce(), 28];
      const cut = await bed.open({ outboxFolder, privateKey, windowBytes: 700_000 });
      const stored = startStore(cut, image);
      await until('eight transactions in blocks', async () => (await nonce()) > before + 8);
      await cut.close();
      await expect(stored).rejects.toMatchObject({ code: 'unavailable', retryable: true });
      const again = await bed.open({ outboxFolder, privateKey });
      await store(image, again);
      expect((await nonce()) - before).toBeLessThanOrEqual(whole);
      const { instance } = await bodiesOf(image.imageId);
      await expectStored(instance, image);
      await until('an empty outbox', async () => (await again.health()).outboxTransactions === 0);
    });

    it('withdraws its own announcement, and one of other content when it stores anew', async () => {
      const outboxFolder = await bed.newFolder();
      const privateKey = bed.keys.otherSite;
      const image = newImage(600_000);
      await announceAndClose();
      // By hand: while a ledger is open it alone reckons the nonces of its account.
      await bed.call(privateKey, 'withdraw', image.imageId);
      expect(await bed.image(image.imageId)).toBeUndefined();
      await announceAndClose();
      const again = await bed.open({ outboxFolder, privateKey });
      const corrected = newImage(1_000, { imageId: image.imageId });
      await store(corrected, again);
      const kinds = (await eventsUntil(again, image.imageId, 'sealed')).map(({ kind }) => kind);
      expect(kinds).toEqual(['announced', 'withdrawn', 'announced', 'withdrawn', 'announced', 'sealed']);

      async function announceAndClose(): Promise<void> {
        const cut = await bed.open({ outboxFolder, privateKey });
        await announceOnly(cut, image);
        await cut.close();
      }
    });

    it('lets another site wait for the content that it has itself', async () => {
      const image = newImage(300_000);
      const other = await bed.open({ privateKey: bed.keys.otherSite });
      await Promise.all([store(image), store(image, other)]);
      const sealed = (await eventsUntil(ledger, image.imageId, 'sealed')).filter(({ kind }) => kind === 'sealed');
      expect(sealed).toHaveLength(1);
    });

    it('stores a header of several transactions', async () => {
      const image = newImage(1_000, { header: randomBytes(200_000), preview: Buffer.alloc(0) });
      await store(image);
      const { announced } = await bodiesOf(image.imageId);
      expect((await ledger.readBody(announced.header)).equals(image.header)).toBe(true);
      expect(await ledger.readBody(announced.preview)).toHaveLength(0);
    });

    it('cuts as its setting says', async () => {
      const small = await bed.open({ pieceBytes: 1_000, privateKey: bed.keys.otherSite });
      const image = newImage(10_500);
      await store(image, small);
      const { instance } = await bodiesOf(image.imageId);
      expect(instance.pieceBytes).toBe(1_000);
      await expectStored(instance, image);
    });

    it('reckons gas with room to spare, within what other chains allow', async () => {
      const rpc = bed.provider;
      const from = BigInt((await rpc.request({ method: 'eth_blockNumber' })) as Hex);
      await Promise.all([0, 1, 24_575, 30_720, 400_000].map((byteCount) => store(newImage(byteCount))));
      const to = BigInt((await rpc.request({ method: 'eth_blockNumber' })) as Hex);
      for (let number = from + 1n; number <= to; number++) {
        const block = await rpc.request({ method: 'eth_getBlockByNumber', params: [quantity(number), true] });
        for (const { hash, gas, input } of (block as { transactions: Record<string, Hex>[] }).transactions) {
          const receipt = await rpc.request({ method: 'eth_getTransactionReceipt', params: [hash] });
          const { status, gasUsed } = receipt as Record<string, Hex>;
          expect(status).toBe('0x1');
          expect(Number(gasUsed) / Number(gas)).toBeLessThan(0.97);
          expect(Number(gas)).toBeLessThan(2 ** 24);
          expect(fromHex(input!).length).toBeLessThanOrEqual(120_000);
        }
      }
    });

    it('tells the health of the chain', async () => {
      // A node may not find the block of a head that it has just told.
      const health = await until('a head', async () => {
        const now = await ledger.health({ maxAgeMs: 0 });
        return now.head === undefined ? undefined : now;
      });
      expect(health).toMatchObject({
        reachable: true,
        chainId: ledger.chainId,
        outboxTransactions: 0,
        alarms: [],
      });
      expect(health.head!.number).toBeGreaterThan(0n);
    });
  });
}

/** How many transactions of the first site get into blocks meanwhile. */
async function countTransactions(bed: Bed, work: () => Promise<void>): Promise<number> {
  const rpc = createRpc(bed.provider);
  const account = accountOf(bed.keys.site);
  const before = await rpc.nonce(account, 'latest');
  await work();
  return (await rpc.nonce(account, 'latest')) - before;
}
