import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { newImage, openBed, storeImage, until, type Bed, type BedChain } from './ledger-bed.js';
import type { Hex } from '../ethereum/hex.js';
import type { ImageToStore, Ledger } from '../ledger.js';
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

    const other = async (gate?: Gate): Promise<Ledger> =>
      bed.open({
        privateKey: bed.keys.otherSite,
        pollMs: 20,
        ...(gate && { provider: gated(bed.provider, gate) }),
      });
    const reverted = async (of: Ledger): Promise<object> => (await of.health()).reverted;

    it('counts an image whose site was not the first with the same content, and takes it for stored', async () => {
      const gate = openGate();
      const late = await other(gate);
      const image = newImage(1_000);
      const ticket = late.store(image);
      await ticket.accepted;
      await storeImage(ledger, image);
      gate.open();
      await ticket.mined;
      const one = { imageKey: image.imageKey, resolution: 'same-content', reason: 'another site was first' };
      expect(await reverted(late)).toMatchObject({ count: 1, newest: [one] });
      expect(await reverted(ledger)).toEqual({ count: 0, newest: [] });
      await late.close();
    });

    it('counts an image whose site was not the first with other content, and refuses it', async () => {
      const gate = openGate();
      const late = await other(gate);
      const image = newImage(1_000);
      const ticket = late.store(newImage(2_000, { imageKey: image.imageKey }));
      await ticket.accepted;
      await storeImage(ledger, image);
      gate.open();
      await expect(ticket.mined).rejects.toMatchObject({ code: 'conflict' });
      expect(await reverted(late)).toMatchObject({ count: 1, newest: [{ resolution: 'other-content' }] });
      await late.close();
    });

    it('sends again what had no effect because another site was first for a while', async () => {
      const gate = openGate();
      const late = await other(gate);
      const image = newImage(200_000);
      const ticket = late.store(image);
      await ticket.accepted;
      await announceOnly(image);
      gate.open();
      // The other site has announced it and goes no further; then it gives up.
      await until(async () => (await late.health()).outboxTransactions === 0);
      await ledger.withdraw(image.imageKey);
      await ticket.mined;
      expect(await late.getImage(image.imageKey)).toMatchObject({ state: 'sealed', siteId: 2 });
      expect(await reverted(late)).toMatchObject({ count: 1, newest: [{ resolution: 'sent-again' }] });
      await late.close();
    });

    it('waits no longer for another site when that announces other content', async () => {
      const image = newImage(200_000);
      await announceOnly(image);
      const late = await other();
      const ticket = late.store(image);
      // Announced by someone is announced.
      await ticket.accepted;
      await storeImage(ledger, newImage(2_000, { imageKey: image.imageKey }));
      await expect(ticket.mined).rejects.toMatchObject({ code: 'conflict' });
      await late.close();
    });

    it('waits no longer for another site when it is closed', async () => {
      const image = newImage(200_000);
      await announceOnly(image);
      const late = await other();
      const ticket = late.store(image);
      await ticket.accepted;
      await late.close();
      await expect(ticket.mined).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    });

    it('tells a site that is dismissed in the middle, and from then on at once', async () => {
      const gate = openGate();
      const dismissed = await other(gate);
      const ticket = dismissed.store(newImage(1_000));
      await ticket.accepted;
      await bed.call(bed.keys.governor, 'dismissSite', 2);
      gate.open();
      await expect(ticket.mined).rejects.toMatchObject({ code: 'not-authorized' });
      expect(await reverted(dismissed)).toMatchObject({ count: 1, newest: [{ resolution: 'failed' }] });
      const before = await nonce(bed.keys.otherSite);
      await expect(dismissed.store(newImage(1_000)).accepted).rejects.toMatchObject({ code: 'not-authorized' });
      expect(await nonce(bed.keys.otherSite)).toBe(before);
      await dismissed.close();
    });

    it('lets an account write as soon as a governor has admitted it', async () => {
      const newcomer = await bed.open({ privateKey: bed.keys.otherSite });
      await expect(newcomer.store(newImage(1_000)).mined).rejects.toMatchObject({ code: 'not-authorized' });
      await bed.call(bed.keys.governor, 'admitSite', 'South again', [accountOf(bed.keys.stranger)]);
      const admitted = await bed.open({ privateKey: bed.keys.stranger });
      await storeImage(admitted, newImage(1_000));
      expect(admitted.siteId).toBe(3);
      await newcomer.close();
    });

    it('finishes what an account has signed before it was replaced', async () => {
      const outboxFolder = await bed.newFolder();
      const gate = openGate();
      const former = await bed.open({ outboxFolder, provider: gated(bed.provider, gate) });
      const image = newImage(1_000);
      const ticket = former.store(image);
      ticket.mined.catch(() => undefined);
      await ticket.accepted;
      await former.close();
      expect(await readdir(outboxFolder)).toHaveLength(1);
      const successor = await bed.open({ outboxFolder, privateKey: bed.keys.stranger });
      await until(async () => (await successor.getImage(image.imageKey))?.state === 'sealed');
      const own = `${successor.chainId}-${accountOf(bed.keys.stranger)}`;
      await until(async () => (await readdir(outboxFolder)).length === 1);
      expect(await readdir(outboxFolder)).toEqual([own]);
    });

    const nonce = (key: Buffer): Promise<number> => createRpc(bed.provider).nonce(accountOf(key), 'latest');

    /** Announces at the first site, which then cannot read the bulk. */
    async function announceOnly(image: ImageToStore): Promise<void> {
      let reads = 0;
      const read: typeof image.instance.read = async (offset, byteCount) => {
        // Once to reckon its addresses, once to send it.
        if (++reads > Math.ceil(image.instance.byteCount / 30_720)) {
          await ticket.accepted;
          throw new Error('unreadable');
        }
        return image.instance.read(offset, byteCount);
      };
      const ticket = ledger.store({ ...image, instance: { ...image.instance, read } });
      await expect(ticket.mined).rejects.toThrow('unreadable');
      await until(async () => (await ledger.getImage(image.imageKey))?.state === 'announced');
    }
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
