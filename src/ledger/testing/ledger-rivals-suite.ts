import { until } from '../../base/testing/until.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { announceOnly, newImage, openBed, startStore, untilPending, type Bed, type BedChain } from './ledger-bed.js';
import type { Hex } from '../ethereum/hex.js';
import type { Ledger } from '../ledger.js';
import type { LedgerProvider } from '../rpc/provider.js';
import { createRpc } from '../rpc/rpc.js';
import { accountOf } from '../keys/sign.js';

/** What becomes of an image when others are first, stay away, or are sent away. */
export function describeLedgerRivals(name: string, start: (folder: string, funded: Hex[]) => Promise<BedChain>): void {
  describe(name, () => {
    let bed: Bed;
    let ledger: Ledger;
    beforeAll(async () => {
      bed = await openBed(start);
      ledger = await bed.open();
    });
    afterAll(() => bed.close());

    const other = (provider: LedgerProvider): Promise<Ledger> =>
      bed.open({ privateKey: bed.keys.otherSite, pollMs: 20, provider });
    const reverted = async (of: Ledger): Promise<object> => (await of.health()).reverted;

    it('counts an image whose site was not the first with the same content, and takes it for stored', async () => {
      const gate = openGate();
      const late = await other(gated(bed.provider, gate));
      const image = newImage(1_000);
      const stored = startStore(late, image);
      await untilPending(late);
      await ledger.store(image);
      gate.open();
      await stored;
      const one = { imageId: image.imageId, resolution: 'same-content', reason: 'another site was first' };
      expect(await reverted(late)).toMatchObject({ count: 1, newest: [one] });
      expect(await reverted(ledger)).toEqual({ count: 0, newest: [] });
      await late.close();
    });

    it('counts an image whose site was not the first with other content, and refuses it', async () => {
      const gate = openGate();
      const late = await other(gated(bed.provider, gate));
      const image = newImage(1_000);
      const stored = startStore(late, newImage(2_000, { imageId: image.imageId }));
      await untilPending(late);
      await ledger.store(image);
      gate.open();
      await expect(stored).rejects.toMatchObject({ code: 'conflict' });
      expect(await reverted(late)).toMatchObject({ count: 1, newest: [{ resolution: 'other-content' }] });
      await late.close();
    });

    it('sends again what had no effect because another site was first for a while', async () => {
      const gate = openGate();
      const late = await other(gated(bed.provider, gate));
      const image = newImage(200_000);
      const stored = startStore(late, image);
      await untilPending(late);
      await announceOnly(ledger, image);
      gate.open();
      // The other site has announced it and goes no further; then it gives up.
      await until('an empty outbox', async () => (await late.health()).outboxTransactions === 0);
      await ledger.close();
      await bed.call(bed.keys.site, 'withdraw', image.imageId);
      ledger = await bed.open();
      await stored;
      expect(await bed.image(image.imageId)).toMatchObject({ state: 'sealed', siteId: 2 });
      expect(await reverted(late)).toMatchObject({ count: 1, newest: [{ resolution: 'sent-again' }] });
      await late.close();
    });

    it('waits no longer for another site when that announces other content', async () => {
      const image = newImage(200_000);
      await announceOnly(ledger, image);
      const looks = countLooks(bed.provider, image.imageId);
      const late = await other(looks.provider);
      const stored = startStore(late, image);
      // It looks a second time only when it waits for the other site.
      await until('two looks at the image', async () => looks.count > 1);
      await ledger.store(newImage(2_000, { imageId: image.imageId }));
      await expect(stored).rejects.toMatchObject({ code: 'conflict' });
      await late.close();
    });

    it('waits no longer for another site than it is told, and says whose it is and when it may take it over', async () => {
      const image = newImage(200_000);
      await announceOnly(ledger, image);
      const late = await other(bed.provider);
      const { announcedBlock } = (await bed.image(image.imageId))!;
      const details = { siteId: 1, takeoverBlock: announcedBlock + 3_600n };
      await expect(late.store(image, { rivalMs: 0 })).rejects.toMatchObject({
        code: 'unavailable',
        retryable: true,
        details,
      });
      const changed = newImage(1_000, { imageId: image.imageId });
      await expect(late.store(changed)).rejects.toMatchObject({ code: 'conflict', details });
      expect(await late.image(image.imageId)).toEqual({
        siteId: 1,
        state: 'announced',
        sha256: image.instance.sha256,
      });
      expect(await late.image(newImage(0).imageId)).toBeUndefined();
      await ledger.store(image);
      await late.store(image, { rivalMs: 0 });
      await late.close();
    });

    it('waits no longer for another site when it is closed', async () => {
      const image = newImage(200_000);
      await announceOnly(ledger, image);
      const looks = countLooks(bed.provider, image.imageId);
      const late = await other(looks.provider);
      const stored = startStore(late, image);
      // It looks a second time only when it waits for the other site.
      await until('two looks at the image', async () => looks.count > 1);
      await late.close();
      await expect(stored).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    });

    it('tells a site that is dismissed in the middle, and from then on at once', async () => {
      const gate = openGate();
      const dismissed = await other(gated(bed.provider, gate));
      const stored = startStore(dismissed, newImage(1_000));
      await untilPending(dismissed);
      await bed.call(bed.keys.governor, 'dismissSite', 2);
      gate.open();
      await expect(stored).rejects.toMatchObject({ code: 'site-not-admitted' });
      expect(await reverted(dismissed)).toMatchObject({ count: 1, newest: [{ resolution: 'failed' }] });
      const before = await nonce(bed.keys.otherSite);
      await expect(dismissed.store(newImage(1_000))).rejects.toMatchObject({ code: 'site-not-admitted' });
      expect(await nonce(bed.keys.otherSite)).toBe(before);
      await dismissed.close();
    });

    it('lets an account write as soon as a governor has admitted it', async () => {
      const newcomer = await bed.open({ privateKey: bed.keys.otherSite });
      await expect(newcomer.store(newImage(1_000))).rejects.toMatchObject({ code: 'site-not-admitted' });
      await bed.call(bed.keys.governor, 'admitSite', 'South again', [accountOf(bed.keys.stranger)]);
      const admitted = await bed.open({ privateKey: bed.keys.stranger });
      await admitted.store(newImage(1_000));
      expect(admitted.siteId).toBe(3);
      await newcomer.close();
    });

    it('finishes what an account has signed before it was replaced', async () => {
      const outboxFolder = await bed.newFolder();
      const gate = openGate();
      const former = await bed.open({ outboxFolder, provider: gated(bed.provider, gate) });
      const image = newImage(1_000);
      void startStore(former, image);
      await untilPending(former);
      await former.close();
      expect(await readdir(outboxFolder)).toHaveLength(1);
      const successor = await bed.open({ outboxFolder, privateKey: bed.keys.stranger });
      await until('the image to be sealed', async () => (await bed.image(image.imageId))?.state === 'sealed');
      const own = `${successor.chainId}-${accountOf(bed.keys.stranger)}`;
      await until('one outbox folder to be left', async () => (await readdir(outboxFolder)).length === 1);
      expect(await readdir(outboxFolder)).toEqual([own]);
    });

    const nonce = (key: Buffer): Promise<number> => createRpc(bed.provider).nonce(accountOf(key), 'latest');
  });
}

interface Gate {
  passed: Promise<void>;
  open(): void;
}

function openGate(): Gate {
  let open!: () => void;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}

/** Transactions do not get through to the node before the gate is open. */
function gated(provider: LedgerProvider, { passed }: Gate): LedgerProvider {
  return {
    request: async (call) => {
      if (call.method === 'eth_sendRawTransaction') await passed;
      return provider.request(call);
    },
  };
}

/** Counts how often the contract is asked for an image through `provider`. */
function countLooks(inner: LedgerProvider, imageId: Hex): { readonly count: number; provider: LedgerProvider } {
  let count = 0;
  const request: LedgerProvider['request'] = async (call) => {
    const answer = await inner.request(call);
    if (call.method === 'eth_call' && JSON.stringify(call.params).includes(imageId.slice(2))) count++;
    return answer;
  };
  return {
    get count() {
      return count;
    },
    provider: { request },
  };
}
