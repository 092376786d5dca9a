import { describe, expect, it } from '@jest/globals';
import { silentLog } from '../../base/log.js';
import { chunkAddress } from '../contract/chunks.js';
import { fromHex, toHex, type Hex } from '../ethereum/hex.js';
import type { Nodes } from '../nodes/node.js';
import { openNodes } from '../nodes/open-nodes.js';
import { createChunkReader } from './chunk-reader.js';
import type { CodeProver } from './code-prover.js';

const contract: Hex = `0x${'c0'.repeat(20)}`;
const contents = Array.from({ length: 130 }, (_, i) => Buffer.from(`chunk ${i}`));
const addresses = contents.map((content) => toHex(chunkAddress(fromHex(contract), content)));
const right = new Map(addresses.map((address, i) => [address, toHex(Buffer.concat([Buffer.alloc(1), contents[i]!]))]));

type Answer = (address: Hex, code: Hex) => Hex;
const honest: Answer = (_, code) => code;
const lacking: Answer = () => '0x';
const flipped: Answer = (_, code) => `${code.slice(0, -1)}${code.endsWith('0') ? '1' : '0'}` as Hex;
const other: Answer = () => '0x00ff';
const dead: Answer = () => {
  throw new Error('connect ECONNREFUSED');
};

/** Nodes that answer like this, and how often each was asked for a code. */
function nodesOf(...answers: Answer[]): { nodes: Nodes; asked: number[] } {
  const asked = answers.map(() => 0);
  const providers = answers.map((answer, i) => ({
    name: `node-${i}`,
    provider: {
      request: async ({ params }: { params?: readonly unknown[] }): Promise<unknown> => {
        asked[i]!++;
        const [address] = params as [Hex];
        return answer(address, right.get(address)!);
      },
    },
  }));
  return { nodes: openNodes({ providers, log: silentLog }), asked };
}
const provingNothing: CodeProver = { prove: async () => undefined };
const wrongAnswers = (nodes: Nodes): number[] => nodes.status().map((one) => one.wrongAnswers);

/** Of a walk that stays on one branch of the chain. */
const position = { branch: 1 };

const readChunks = (nodes: Nodes, prover = provingNothing, wanted = addresses): Promise<Buffer[]> =>
  createChunkReader({ nodes, prover, position }).read(contract, wanted);

describe('createChunkReader', () => {
  it('reads all from one node when that has all', async () => {
    const { nodes, asked } = nodesOf(honest, honest);
    expect(await readChunks(nodes)).toEqual(contents);
    expect(asked).toEqual([130, 0]);
  });

  it('takes what the thread of its own chain has checked, and looks at the code of the rest', async () => {
    const { nodes, asked } = nodesOf((address, code) => (address === addresses[1] ? '0x00ff' : code));
    const own = nodes.all[0]!.provider;
    own.getChunks = async (_contract, wanted) =>
      wanted.map((address) => (addresses.indexOf(address) < 2 ? undefined : contents[addresses.indexOf(address)]));
    await expect(readChunks(nodes)).rejects.toMatchObject({ code: 'corrupt' });
    expect([asked, wrongAnswers(nodes)]).toEqual([[2], [1]]);
    expect(await readChunks(nodes, provingNothing, [addresses[0]!, ...addresses.slice(2)])).toEqual([
      contents[0],
      ...contents.slice(2),
    ]);
    expect(asked).toEqual([3]);
  });

  it('asks the next only for what one lacks', async () => {
    const { nodes, asked } = nodesOf((address, code) => (address === addresses[70] ? '0x' : code), honest);
    expect(await readChunks(nodes)).toEqual(contents);
    expect(asked).toEqual([130, 1]);
    expect(wrongAnswers(nodes)).toEqual([0, 0]);
  });

  it('reads past a liar, counts it, and asks it last from then on', async () => {
    const { nodes, asked } = nodesOf(flipped, honest, honest);
    expect(await readChunks(nodes)).toEqual(contents);
    expect(wrongAnswers(nodes)).toEqual([1, 0, 0]);
    expect(asked).toEqual([72, 130, 0]);
  });

  it('reads past dead nodes and those behind', async () => {
    const { nodes } = nodesOf(dead, lacking, flipped, honest);
    expect(await readChunks(nodes, provingNothing, addresses.slice(0, 3))).toEqual(contents.slice(0, 3));
    expect(wrongAnswers(nodes)).toEqual([0, 0, 1, 0]);
  });

  it('says corrupt, to be tried again, when no node has the right bytes', async () => {
    for (const { nodes } of [nodesOf(flipped), nodesOf(flipped, lacking), nodesOf(flipped, other)])
      await expect(readChunks(nodes)).rejects.toMatchObject({ code: 'corrupt', retryable: true });
  });

  it('says corrupt for ever, and distrusts nobody, when two nodes give the very same', async () => {
    const { nodes } = nodesOf(other, other);
    await expect(readChunks(nodes)).rejects.toMatchObject({ code: 'corrupt', retryable: false });
    expect(wrongAnswers(nodes)).toEqual([0, 0]);
  });

  it('says corrupt for ever, and distrusts nobody, when one node proves what it gave; and asks for one proof of a thousand', async () => {
    const { nodes, asked } = nodesOf(other);
    let proofs = 0;
    const code = Buffer.from('00ff', 'hex');
    const reader = createChunkReader({
      nodes,
      prover: { prove: async () => ({ code, block: BigInt(++proofs) }) },
      position,
    });
    const lied = { code: 'corrupt', retryable: false };
    const reading = Array.from({ length: 1_000 }, () => reader.read(contract, [addresses[0]!]));
    await Promise.all(reading.map((one) => expect(one).rejects.toMatchObject(lied)));
    expect([proofs, asked]).toEqual([1, [1_000]]);
    await expect(reader.read(contract, addresses)).rejects.toMatchObject(lied);
    expect([proofs, asked]).toEqual([1, [1_000]]);
    expect(wrongAnswers(nodes)).toEqual([0]);
  });

  it('asks for no second proof once nothing is proven', async () => {
    let proofs = 0;
    const prover: CodeProver = { prove: async () => void proofs++ };
    await expect(readChunks(nodesOf(flipped).nodes, prover)).rejects.toMatchObject({
      code: 'corrupt',
      retryable: true,
    });
    expect(proofs).toBe(1);
  });

  it('takes the chunk when a node proves that, and distrusts those who gave something else', async () => {
    const { nodes } = nodesOf(flipped);
    const prover: CodeProver = { prove: async (address) => ({ code: fromHex(right.get(address)!), block: 1n }) };
    expect(await readChunks(nodes, prover)).toEqual(contents);
    expect(wrongAnswers(nodes)).toEqual([2]);
  });

  it('takes proven absence for a lie only when the code is said to be older than the block', async () => {
    let code: Buffer = Buffer.alloc(0);
    const prover: CodeProver = { prove: async () => ({ code, block: 7n }) };
    const { nodes } = nodesOf(lacking);
    const reader = createChunkReader({ nodes, prover, position });
    const read = (block?: bigint): Promise<Buffer[]> =>
      reader.read(contract, addresses.slice(0, 1), block === undefined ? undefined : { block, branch: 1 });
    for (const since of [undefined, 8n])
      await expect(read(since)).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    for (const since of [7n, 1n])
      await expect(read(since)).rejects.toMatchObject({ code: 'corrupt', retryable: false });
    // On another branch of the chain it comes after all.
    code = fromHex(right.get(addresses[0]!)!);
    expect(await read(7n)).toEqual(contents.slice(0, 1));
    expect(wrongAnswers(nodes)).toEqual([0]);
  });

  it('takes proven absence for no lie when the walk has come to another branch of the chain since the announcement was seen', async () => {
    const { nodes } = nodesOf(lacking);
    const walk = { branch: 1 };
    let isLeaving = false;
    const prove: CodeProver['prove'] = async () => {
      if (isLeaving) walk.branch++;
      return { code: Buffer.alloc(0), block: 7n };
    };
    const reader = createChunkReader({ nodes, prover: { prove }, position: walk });
    const read = (branch: number): Promise<Buffer[]> =>
      reader.read(contract, addresses.slice(0, 1), { block: 6n, branch });
    await expect(read(1)).rejects.toMatchObject({ code: 'corrupt', retryable: false });
    await expect(read(0)).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    isLeaving = true;
    await expect(read(1)).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    expect(wrongAnswers(nodes)).toEqual([0]);
  });

  it('blames nobody while nodes are on another branch', async () => {
    const { nodes } = nodesOf(flipped);
    const prover: CodeProver = { prove: async () => 'elsewhere' };
    await expect(readChunks(nodes, prover)).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    expect(wrongAnswers(nodes)).toEqual([0]);
  });

  it('says unavailable when a node that may have them does not answer, or none has them', async () => {
    for (const { nodes } of [nodesOf(flipped, dead), nodesOf(lacking, dead), nodesOf(lacking, lacking), nodesOf(dead)])
      await expect(readChunks(nodes)).rejects.toMatchObject({
        code: 'unavailable',
        retryable: true,
      });
  });
});
