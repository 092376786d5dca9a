import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { getCreateAddress } from 'ethers';
import { encodeStorePieces } from './calldata.js';
import { encodeAnnounce } from './chain.js';
import { chunkAddress } from './chunks.js';
import { deployContract } from './deploy.js';
import { fromHex, toHex } from './hex.js';
import { keccak256 } from './keccak.js';
import {
  contentOf,
  newImage,
  openBed,
  readWhole,
  sealedBodies,
  storeImage,
  type Bed,
  type BedChain,
} from './ledger-bed.js';
import type { Hex, ImageToStore, Ledger } from './ledger.js';
import type { LedgerProvider } from './provider.js';
import { createRpc } from './rpc.js';
import { accountOf } from './sign.js';

/** Whom a `Ledger` believes: no node, no page and no contract that it cannot check. */
export function describeLedgerTrust(name: string, start: (folder: string, funded: Hex[]) => Promise<BedChain>): void {
  describe(name, () => {
    let bed: Bed;
    let ledger: Ledger;
    beforeAll(async () => {
      bed = await openBed(start);
      ledger = await bed.open();
    });
    afterAll(() => bed.close());

    const store = (image: ImageToStore): Promise<void> => storeImage(ledger, image);
    const bodiesOf = (imageKey: Hex): ReturnType<typeof sealedBodies> => sealedBodies(ledger, imageKey);

    it('says that bytes are corrupt when a node gives others', async () => {
      const image = newImage(100_000);
      await store(image);
      const { announced, instance } = await bodiesOf(image.imageKey);
      const lied = await bed.open({ provider: lying(bed.provider), privateKey: bed.keys.stranger });
      await expect(readWhole(lied, instance)).rejects.toMatchObject({ code: 'corrupt' });
      await expect(lied.readBody(announced.preview)).rejects.toMatchObject({ code: 'corrupt' });
    });

    it('says that a body is corrupt when its list is not the announced one', async () => {
      const [image, other] = [newImage(1_000), newImage(1_000)];
      await Promise.all([store(image), store(other)]);
      const [mine, foreign] = [await bodiesOf(image.imageKey), await bodiesOf(other.imageKey)];
      const swapped = { ...mine.instance, list: foreign.instance.list };
      await expect(readWhole(ledger, swapped)).rejects.toMatchObject({ code: 'corrupt' });
    });

    it('says that an image is corrupt whose page names code that is not its own', async () => {
      const key = bed.keys.otherSite;
      const account = accountOf(key);
      const content = randomBytes(1_000);
      // The right bytes, but deployed by an account, so that their address does not follow from them.
      const nonce = await createRpc(bed.provider).nonce(account, 'latest');
      await bed.transact(key, undefined, Buffer.concat([fromHex('0x600b5981380380925939f300'), content]));
      const foreign = fromHex(getCreateAddress({ from: account, nonce }));
      const page = chunkAddress(fromHex(bed.contract), foreign);
      const image = newImage(0, { instance: contentOf(content) });
      const emptyBody = { byteCount: 0, pieceBytes: 30_720, root: keccak256(), chunks: Buffer.alloc(0) };
      const announcement = {
        ...{ imageKey: image.imageKey, patientKey: image.patientKey, pieceBytes: 30_720 },
        ...{ header: emptyBody, preview: emptyBody },
        instance: { byteCount: content.length, pieceBytes: 30_720, root: keccak256(page), chunks: foreign },
        sha256: { header: toHex(randomBytes(32)), preview: toHex(randomBytes(32)), instance: image.instance.sha256 },
      };
      await bed.transact(key, bed.contract, encodeStorePieces([foreign]));
      await bed.transact(key, bed.contract, encodeAnnounce(announcement));
      await bed.call(key, 'checkPage', toHex(page));
      await bed.call(key, 'seal', image.imageKey, [toHex(page)]);
      const { instance } = await bodiesOf(image.imageKey);
      await expect(readWhole(ledger, instance)).rejects.toMatchObject({ code: 'corrupt' });
    });

    it('refuses pieces that the contract does not take, and contracts that were not released', async () => {
      await expect(bed.open({ pieceBytes: 30_721 })).rejects.toMatchObject({ code: 'misconfigured' });
      const elsewhere = toHex(randomBytes(20));
      await expect(bed.open({ contracts: [elsewhere] })).rejects.toMatchObject({ code: 'misconfigured' });
      const account = accountOf(bed.keys.stranger);
      const nonce = await createRpc(bed.provider).nonce(account, 'latest');
      await bed.transact(bed.keys.stranger, undefined, fromHex('0x600b5981380380925939f300'));
      const other = getCreateAddress({ from: account, nonce }) as Hex;
      await expect(bed.open({ contracts: [other] })).rejects.toMatchObject({ code: 'misconfigured' });
    });

    it('deploys once for one governor', async () => {
      const parameters = { governorKey: bed.keys.governor, siteName: 'North', siteAccounts: [] };
      expect(await deployContract(bed.provider, parameters)).toBe(bed.contract);
    });
  });
}

/** A node that flips one byte of every long code. */
function lying(provider: LedgerProvider): LedgerProvider {
  return {
    request: async (call) => {
      const answer = await provider.request(call);
      if (call.method !== 'eth_getCode' || (answer as Hex).length === 2) return answer;
      const code = fromHex(answer as Hex);
      if (isContract(code)) return answer;
      code[code.length - 1]! ^= 1;
      return toHex(code);
    },
  };
}

/** Chunks begin with STOP, contracts never. */
function isContract(code: Buffer): boolean {
  return code[0] !== 0;
}
