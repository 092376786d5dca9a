import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createMerkleProof, createMPT } from '@ethereumjs/mpt';
import { Account } from '@ethereumjs/util';
import { randomBytes } from 'node:crypto';
import { getCreateAddress } from 'ethers';
import { silentLog } from '../../base/log.js';
import { chunkAddress, type BodyPlan } from '../contract/chunks.js';
import { storePiecesCalldata } from '../contract/calldata.js';
import { encodeAnnounce } from '../contract/image-ledger.js';
import { encodeBlockHeader } from '../ethereum/encode-block-header.js';
import { fromHex, toHex, type Hex } from '../ethereum/hex.js';
import { keccak256 } from '../ethereum/keccak256.js';
import { accountOf } from '../keys/sign.js';
import type { Body, Ledger } from '../ledger.js';
import type { Nodes } from '../nodes/node.js';
import { openNodes } from '../nodes/open-nodes.js';
import type { LedgerProvider } from '../rpc/provider.js';
import { createRpc } from '../rpc/rpc.js';
import { answering } from './answering.js';
import { creationOf } from './embedded-chain.js';
import {
  contentOf,
  eventsUntil,
  newImage,
  openBed,
  sealedBodies,
  type Announced,
  type Bed,
  type BedChain,
} from './ledger-bed.js';

/** A site that reads, and what it thinks of its nodes. */
interface Reader {
  ledger: Ledger;
  wrongAnswers: () => number[];
}

const forEver = { code: 'corrupt', retryable: false };
const forNow = { code: 'corrupt', retryable: true };

/** Whether a `Ledger` tells a lying announcement from a lying node when it has one node only. */
export function describeLedgerConviction(name: string, start: (folder: string, funded: Hex[]) => Promise<BedChain>) {
  describe(name, () => {
    let bed: Bed;
    beforeAll(async () => {
      bed = await openBed(start);
    });
    afterAll(() => bed.close());

    async function openReader(...given: LedgerProvider[]): Promise<Reader> {
      const providers = given.map((provider, i) => ({ name: `node-${i}`, provider }));
      const nodes: Nodes = openNodes({ providers, log: silentLog });
      const ledger = await bed.open({ nodes, privateKey: bed.keys.site });
      return { ledger, wrongAnswers: () => nodes.status().map(({ wrongAnswers }) => wrongAnswers) };
    }

    /** Deploys code by an account, so that its address does not follow from it. */
    async function deploy(code: Buffer): Promise<Hex> {
      const key = bed.keys.otherSite;
      const nonce = await createRpc(bed.provider).nonce(accountOf(key), 'latest');
      await bed.transact(key, undefined, fromHex(creationOf(code.toString('hex'))));
      return getCreateAddress({ from: accountOf(key), nonce }).toLowerCase() as Hex;
    }

    /** Announces an image whose header lies at that address, as the other site says; returns its key. */
    async function announce(chunk: Hex, instance: Partial<BodyPlan> = {}): Promise<Hex> {
      const [code] = await createRpc(bed.provider).codes([chunk]);
      const none = { byteCount: 0, pieceBytes: 30_720, root: keccak256(), chunks: Buffer.alloc(0) };
      const chunks = fromHex(chunk);
      const { imageId, names } = newImage(0);
      const announcement = {
        ...{ names, pieceBytes: 30_720, preview: none },
        header: { ...none, byteCount: code!.length - 1, root: keccak256(chunks), chunks },
        instance: { ...none, ...instance },
        sha256: { header: toHex(randomBytes(32)), preview: toHex(randomBytes(32)), instance: toHex(randomBytes(32)) },
      };
      await bed.transact(bed.keys.otherSite, bed.contract, encodeAnnounce(announcement));
      expect(await bed.image(imageId)).toMatchObject({ state: 'announced' });
      return imageId;
    }

    async function announcedBy(ledger: Ledger, imageId: Hex): Promise<Announced> {
      const events = await eventsUntil(ledger, imageId, 'announced');
      return events.find((event): event is Announced => event.kind === 'announced')!;
    }

    it.each([
      ['the ledger contract itself', async () => bed.contract],
      ['code that an account has deployed', () => deploy(Buffer.concat([Buffer.alloc(1), randomBytes(900)]))],
      ['code without the 0x00', () => deploy(Buffer.concat([Buffer.from([0xfe]), randomBytes(900)]))],
    ])('convicts an announcement that names %s, by one node, with a few questions and no blame', async (_, make) => {
      const asked: string[] = [];
      const counted = answering(bed.provider, (method, answer) => {
        asked.push(method);
        return answer;
      });
      const { ledger, wrongAnswers } = await openReader(counted);
      const { header, position } = await announcedBy(ledger, await announce(await make()));
      const image = newImage(1_000);
      asked.length = 0;
      await expect(ledger.readBody(header)).rejects.toMatchObject(forEver);
      const [codes, proofs] = ['eth_getCode', 'eth_getProof'].map((one) => asked.filter((method) => method === one));
      expect([codes!.length, proofs!.length]).toEqual([2, 1]);
      await expect(
        ledger.readBody(header, { block: position.blockNumber, branch: ledger.branch }),
      ).rejects.toMatchObject(forEver);
      expect(asked.filter((method) => method === 'eth_getProof')).toHaveLength(1);
      expect(wrongAnswers()).toEqual([0]);
      expect((await ledger.health()).alarms).toEqual([]);
      await ledger.store(image);
      await ledger.close();
    });

    it('convicts an announcement whose code was taken away after it', async () => {
      // CALLER SELFDESTRUCT
      const bomb = await deploy(fromHex('0x33ff'));
      const { ledger, wrongAnswers } = await openReader(bed.provider);
      const imageId = await announce(bomb);
      await bed.transact(bed.keys.otherSite, bomb, Buffer.alloc(0));
      const next = await announce(bed.contract);
      const { header, position } = await announcedBy(ledger, imageId);
      await announcedBy(ledger, next);
      await expect(ledger.readBody(header)).rejects.toMatchObject({ code: 'unavailable', retryable: true });
      await expect(
        ledger.readBody(header, { block: position.blockNumber, branch: ledger.branch }),
      ).rejects.toMatchObject(forEver);
      expect(wrongAnswers()).toEqual([0]);
      await ledger.close();
    });

    it('convicts pages, and chunks that pages list', async () => {
      const content = randomBytes(500);
      const { ledger, wrongAnswers } = await openReader(bed.provider);
      const own = toHex(chunkAddress(fromHex(bed.contract), content));
      const foreign = await deploy(Buffer.concat([Buffer.alloc(1), content]));
      await bed.transact(bed.keys.otherSite, bed.contract, storePiecesCalldata([content, fromHex(foreign)]));
      const listing = async (chunk: Hex, page: Hex): Promise<Body> => {
        const key = bed.keys.otherSite;
        const instance = { byteCount: content.length, root: keccak256(fromHex(page)), chunks: fromHex(chunk) };
        const imageId = await announce(own, instance);
        await bed.call(key, 'checkPage', page);
        await bed.call(key, 'seal', imageId, [page]);
        return (await sealedBodies(ledger, imageId)).instance;
      };
      const honestPage = toHex(chunkAddress(fromHex(bed.contract), fromHex(foreign)));
      const foreignPage = await deploy(Buffer.concat([Buffer.alloc(1), fromHex(own)]));
      for (const body of [await listing(foreign, honestPage), await listing(own, foreignPage)])
        await expect(ledger.readPieces(body, 0, 1)).rejects.toMatchObject(forEver);
      expect(wrongAnswers()).toEqual([0]);
      await ledger.close();
    });

    it('falls back on a second node where the first has no such proofs', async () => {
      const bare = answering(bed.provider, (method, answer) => {
        if (method !== 'eth_getProof') return answer;
        throw Object.assign(new Error('the method eth_getProof does not exist'), { code: -32_601 });
      });
      const [alone, two, helped] = [
        await openReader(bare),
        await openReader(bare, bare),
        await openReader(bare, bed.provider),
      ];
      const imageId = await announce(bed.contract);
      for (const [{ ledger, wrongAnswers }, refusal, blamed] of [
        [alone, forNow, [1]],
        [two, forEver, [0, 0]],
        [helped, forEver, [0, 0]],
      ] as const) {
        const { header } = await announcedBy(ledger, imageId);
        await expect(ledger.readBody(header)).rejects.toMatchObject(refusal);
        expect(wrongAnswers()).toEqual(blamed);
        await ledger.close();
      }
    });

    it('proves nothing before it has walked, and blames as without proofs', async () => {
      const { ledger, wrongAnswers } = await openReader(bed.provider);
      const { header } = await announcedBy((await openReader(bed.provider)).ledger, await announce(bed.contract));
      await expect(ledger.readBody(header)).rejects.toMatchObject(forNow);
      expect(wrongAnswers()).toEqual([1]);
    });

    it.each([
      ['gives no proof', undefined, forNow, [1]],
      ['proves by a trie of its own', forgedProof, forNow, [1]],
      ['proves by a state that the block does not have', forgedHeader, forNow, [1]],
      // It may be honest, and the chain changes to another branch: the walk finds that out.
      ['proves by a block of its own', forgedBlock, { code: 'unavailable', retryable: true }, [0]],
    ] as const)('does not believe a node that lies and %s', async (_, forge, refusal, blamed) => {
      const image = newImage(1_000, { instance: contentOf(randomBytes(100)) });
      const writer = await bed.open();
      await writer.store(image);
      let isLying = false;
      const lie = toHex(Buffer.concat([Buffer.alloc(1), randomBytes(700)]));
      const liar: LedgerProvider = {
        request: async (call) => {
          const answer = await bed.provider.request(call);
          if (!isLying) return answer;
          if (call.method === 'eth_getCode') return lie;
          return forge ? forge(call, answer, fromHex(lie)) : answer;
        },
      };
      const { ledger, wrongAnswers } = await openReader(liar);
      const { header, position } = await announcedBy(ledger, image.imageId);
      isLying = true;
      await expect(
        ledger.readBody(header, { block: position.blockNumber, branch: ledger.branch }),
      ).rejects.toMatchObject(refusal);
      expect(wrongAnswers()).toEqual(blamed);
      isLying = false;
      expect(await ledger.readBody(header)).toEqual(image.header);
      await ledger.close();
      await writer.close();
    });
  });
}

type Call = Parameters<LedgerProvider['request']>[0];

/** A trie with one account, whose code is the lie. */
async function forgedState(address: Hex, lie: Buffer): Promise<{ stateRoot: Hex; accountProof: Hex[] }> {
  const trie = await createMPT({
    useKeyHashing: true,
    useKeyHashingFunction: keccak256,
  });
  await trie.put(fromHex(address), new Account(0n, 0n, undefined, keccak256(lie)).serialize());
  return { stateRoot: toHex(trie.root()), accountProof: (await createMerkleProof(trie, fromHex(address))).map(toHex) };
}

let lastAddress: Hex = '0x';

async function forgedProof({ method, params }: Call, answer: unknown, lie: Buffer): Promise<unknown> {
  if (method !== 'eth_getProof') return answer;
  lastAddress = params![0] as Hex;
  const { accountProof } = await forgedState(lastAddress, lie);
  return { ...(answer as object), codeHash: toHex(keccak256(lie)), accountProof };
}

async function forgedHeader(call: Call, answer: unknown, lie: Buffer): Promise<unknown> {
  if (call.method !== 'eth_getBlockByNumber') return forgedProof(call, answer, lie);
  return { ...(answer as object), stateRoot: (await forgedState(lastAddress, lie)).stateRoot };
}

async function forgedBlock(call: Call, answer: unknown, lie: Buffer): Promise<unknown> {
  if (call.method !== 'eth_getBlockByNumber') return forgedProof(call, answer, lie);
  const block = { ...(answer as object), stateRoot: (await forgedState(lastAddress, lie)).stateRoot };
  return { ...block, hash: toHex(keccak256(encodeBlockHeader(block))) };
}
