import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { getCreateAddress } from 'ethers';
import { silentLog } from '../../base/log.js';
import { mayHaveEvents } from '../follow/block-logs.js';
import { storePiecesCalldata } from '../contract/calldata.js';
import { encodeAnnounce } from '../contract/image-ledger.js';
import { chunkAddress } from '../contract/chunks.js';
import { deployContract } from '../contract/deploy.js';
import { fromHex, quantity, toHex, type Hex } from '../ethereum/hex.js';
import { keccak256 } from '../ethereum/keccak256.js';
import { answering } from './answering.js';
import {
  contentOf,
  eventsUntil,
  newImage,
  openBed,
  readWhole,
  sealedBodies,
  type Bed,
  type BedChain,
} from './ledger-bed.js';
import type { ImageToStore, Ledger } from '../ledger.js';
import type { LedgerProvider } from '../rpc/provider.js';
import { openNodes } from '../nodes/open-nodes.js';
import { imageLedgerInterface } from '../contract/revert-errors.js';
import { createRpc, USED_METHODS } from '../rpc/rpc.js';
import { accountOf } from '../keys/sign.js';

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

    const store = (image: ImageToStore): Promise<void> => ledger.store(image);
    const bodiesOf = (imageId: Hex): ReturnType<typeof sealedBodies> => sealedBodies(ledger, imageId);

    it('says that bytes are corrupt when a node gives others', async () => {
      const image = newImage(100_000);
      await store(image);
      const { announced, instance } = await bodiesOf(image.imageId);
      const lied = await bed.open({ provider: lying(bed.provider), privateKey: bed.keys.stranger });
      await expect(readWhole(lied, instance)).rejects.toMatchObject({ code: 'corrupt' });
      await expect(lied.readBody(announced.preview)).rejects.toMatchObject({ code: 'corrupt' });
    });

    it('says that a body is corrupt when its list is not the announced one', async () => {
      const [image, other] = [newImage(1_000), newImage(1_000)];
      await Promise.all([store(image), store(other)]);
      const [mine, foreign] = [await bodiesOf(image.imageId), await bodiesOf(other.imageId)];
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
        ...{ names: image.names, pieceBytes: 30_720 },
        ...{ header: emptyBody, preview: emptyBody },
        instance: { byteCount: content.length, pieceBytes: 30_720, root: keccak256(page), chunks: foreign },
        sha256: { header: toHex(randomBytes(32)), preview: toHex(randomBytes(32)), instance: image.instance.sha256 },
      };
      await bed.transact(key, bed.contract, storePiecesCalldata([foreign]));
      await bed.transact(key, bed.contract, encodeAnnounce(announcement));
      await bed.call(key, 'checkPage', toHex(page));
      await bed.call(key, 'seal', image.imageId, [toHex(page)]);
      const { instance } = await bodiesOf(image.imageId);
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

    it('reads past a node that lies, and says so in its health', async () => {
      const image = newImage(100_000);
      await store(image);
      const { announced, instance } = await bodiesOf(image.imageId);
      const providers = [lying(bed.provider), bed.provider].map((provider, i) => ({ name: `node-${i}`, provider }));
      const nodes = openNodes({ providers, log: silentLog });
      const reader = await bed.open({ nodes, privateKey: bed.keys.stranger });
      expect(await reader.readBody(announced.preview)).toEqual(image.preview);
      expect((await readWhole(reader, instance)).equals(await image.instance.read(0, 100_000))).toBe(true);
      expect(nodes.status().map(({ wrongAnswers }) => wrongAnswers > 0)).toEqual([true, false]);
      expect((await reader.health()).alarms).toMatchObject([{ code: 'wrong-bytes', stopsStoring: false }]);
    });

    it('refuses nodes of two chains, and other code at one of them', async () => {
      const other = answering(bed.provider, (method, answer) => (method === 'eth_chainId' ? '0x1234567' : answer));
      await expect(openOn([bed.provider, other])).rejects.toMatchObject({ code: 'misconfigured' });
      const forged = answering(bed.provider, (method, answer) => (method === 'eth_getCode' ? '0x6001' : answer));
      await expect(openOn([bed.provider, forged])).rejects.toMatchObject({
        code: 'misconfigured',
        message: expect.stringContaining('node-1'),
      });
      const behind = answering(bed.provider, (method, answer) => (method === 'eth_getCode' ? '0x' : answer));
      await (await openOn([bed.provider, behind])).close();
    });

    it.each([
      ['blocks too small', 'gas limit', { gasLimit: quantity(15_999_999) }],
      ['a base fee', 'base fee', { baseFeePerGas: '0x1' }],
    ])('refuses a chain with %s in a sentence', async (_, named, header) => {
      const refusal = { code: 'misconfigured', message: expect.stringContaining(named) };
      await expect(openOn([withHeader(bed.provider, header)])).rejects.toMatchObject(refusal);
    });

    it('takes a chain at its limits: blocks just large enough, a base fee of zero', async () => {
      const header = { gasLimit: quantity(16_000_000), baseFeePerGas: '0x0' };
      await (await openOn([withHeader(bed.provider, header)])).close();
    });

    it.each([
      ['max code size exceeded', 'code size'],
      ['insufficient funds for gas * price + value: address 0x12', 'cannot pay'],
      ['max fee per gas less than block base fee', 'gas price'],
      ['transaction gas limit too high (cap: 8388608)', '16000000 gas'],
      ['out of gas', '16000000 gas'],
      ['no reason', 'two pieces of 30720 bytes'],
    ])('refuses a chain that answers the largest transaction with "%s"', async (said, named) => {
      const provider = answering(bed.provider, (method, answer, params) => {
        if (method !== 'eth_call' || (params[0] as { gas?: Hex }).gas === undefined) return answer;
        throw Object.assign(new Error(said), { code: -32_000 });
      });
      const refusal = { code: 'misconfigured', message: expect.stringContaining(named) };
      await expect(openOn([provider])).rejects.toMatchObject(refusal);
      // Who may only read does not ask.
      await (await openOn([provider], bed.keys.stranger)).close();
    });

    it('sends nothing but the methods that any chain has, and asks for nothing that is pending', async () => {
      const asked: { method: string; params: readonly unknown[] }[] = [];
      const recording = answering(bed.provider, (method, answer, params) => {
        asked.push({ method, params });
        return answer;
      });
      const image = newImage(200_000);
      const recorded = await bed.open({ provider: recording, privateKey: bed.keys.otherSite });
      await recorded.store(image);
      const { announced, instance } = await sealedBodies(recorded, image.imageId);
      await recorded.readBody(announced.header);
      await readWhole(recorded, instance);
      await recorded.retire(image.imageId, 'over');
      await recorded.health();
      await recorded.close();
      const methods = new Set(asked.map(({ method }) => method));
      expect([...methods].filter((method) => !USED_METHODS.includes(method))).toEqual([]);
      expect(methods.size).toBeGreaterThan(6);
      expect(JSON.stringify(asked.map(({ params }) => params))).not.toMatch(/"(pending|safe|finalized)"/);
    });

    it('knows from the bloom of a block whether the contract may have spoken in it', async () => {
      const image = newImage(1_000);
      await store(image);
      const [announced] = await eventsUntil(ledger, image.imageId, 'announced');
      const rpc = createRpc(bed.provider);
      const { logsBloom } = (await rpc.block(announced!.position.blockNumber))!;
      const topic = imageLedgerInterface.getEvent('Announced')!.topicHash as Hex;
      expect(mayHaveEvents(logsBloom!, [bed.contract], [toHex(randomBytes(32)), topic])).toBe(true);
      expect(mayHaveEvents(logsBloom!, [toHex(randomBytes(20))], [topic])).toBe(false);
      expect(mayHaveEvents((await rpc.block(0n))!.logsBloom!, [bed.contract], [topic])).toBe(false);
    });

    function openOn(given: LedgerProvider[], privateKey = bed.keys.otherSite): Promise<Ledger> {
      const providers = given.map((provider, i) => ({ name: `node-${i}`, provider }));
      return bed.open({ nodes: openNodes({ providers, log: silentLog }), privateKey });
    }

    it('deploys once for one governor', async () => {
      const parameters = { governorKey: bed.keys.governor, siteName: 'North', siteAccounts: [] };
      expect(await deployContract(bed.provider, parameters)).toBe(bed.contract);
    });
  });
}

function withHeader(provider: LedgerProvider, header: object): LedgerProvider {
  return answering(provider, (method, answer) =>
    method === 'eth_getBlockByNumber' ? { ...(answer as object), ...header } : answer,
  );
}

/** A node that flips one byte of every long code. */
function lying(provider: LedgerProvider): LedgerProvider {
  return answering(provider, (method, answer) => {
    if (method !== 'eth_getCode' || (answer as Hex).length === 2) return answer;
    const code = fromHex(answer as Hex);
    if (isContract(code)) return answer;
    code[code.length - 1]! ^= 1;
    return toHex(code);
  });
}

/** Chunks begin with STOP, contracts never. */
function isContract(code: Buffer): boolean {
  return code[0] !== 0;
}
