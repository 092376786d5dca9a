import { until } from '../../base/testing/until.js';
import { describe, expect, it } from '@jest/globals';
import { silentLog } from '../../base/log.js';
import { quantity, toHex, type Hex } from '../ethereum/hex.js';
import { keccak256 } from '../ethereum/keccak256.js';
import { openNodes, type OpenNodes } from './open-nodes.js';

const address: Hex = `0x${'ad'.repeat(20)}`;
const failing = (code: number, message: string, data?: Hex): Error => Object.assign(new Error(message), { code, data });
const blockHash = (chain: string, number: bigint): Hex => toHex(keccak256(Buffer.from(`${chain} ${number}`)));

/** A node whose every answer names it; `mood` is thrown, or hangs, instead. */
class FakeNode {
  mood: Error | 'hangs' | undefined;
  asked = 0;
  head = 10n;
  chain = 'a';
  constructor(readonly name: string) {}

  readonly provider = {
    request: async ({ method, params = [] }: { method: string; params?: readonly unknown[] }): Promise<unknown> => {
      this.asked++;
      if (this.mood === 'hangs') return new Promise(() => undefined);
      if (this.mood) throw this.mood;
      if (method === 'eth_getBlockByNumber') {
        const number = params[0] === 'latest' ? this.head : BigInt(params[0] as Hex);
        const [timestamp, gasLimit] = ['0x1', '0x1'];
        const hash = blockHash(this.chain, number);
        return { number: quantity(number), hash, parentHash: blockHash(this.chain, number - 1n), timestamp, gasLimit };
      }
      if (method === 'eth_chainId') return '0x7';
      return toHex(Buffer.from(this.name));
    },
  };
}

function open(...fakes: FakeNode[]): OpenNodes {
  const providers = fakes.map(({ name, provider }) => ({ name, provider }));
  return openNodes({ providers, timeouts: { smallMs: 30, bulkMs: 30 }, log: silentLog });
}
const three = (): [FakeNode, FakeNode, FakeNode] => [new FakeNode('A'), new FakeNode('B'), new FakeNode('C')];
/** Who answered. */
const who = async (nodes: OpenNodes): Promise<string> =>
  Buffer.from((await nodes.rpc.call(address, Buffer.alloc(0))).slice(2), 'hex').toString();
const order = (nodes: OpenNodes): string =>
  nodes
    .preferred()
    .map(({ name }) => name)
    .join('');

describe('openNodes', () => {
  it('asks the first as long as it answers', async () => {
    const [a, b, c] = three();
    const nodes = open(a, b, c);
    for (let i = 0; i < 5; i++) expect(await who(nodes)).toBe('A');
    expect([a.asked, b.asked, c.asked]).toEqual([5, 0, 0]);
  });

  it.each([
    ['is not reached', new Error('connect ECONNREFUSED')],
    ['hangs', 'hangs' as const],
  ])('leaves a node that %s for the next, and does not ask it again at once', async (_, mood) => {
    const [a, b, c] = three();
    a.mood = mood;
    b.mood = mood;
    const nodes = open(a, b, c);
    expect(await who(nodes)).toBe('C');
    expect(await who(nodes)).toBe('C');
    expect([a.asked, b.asked, c.asked]).toEqual([1, 1, 2]);
    expect(nodes.status().map(({ reachable }) => reachable)).toEqual([false, false, true]);
    expect(order(nodes)).toBe('CAB');
  });

  it('asks a node that failed again in the background, and then first', async () => {
    const [a, b] = three();
    a.mood = 'hangs';
    const nodes = open(a, b);
    expect(await who(nodes)).toBe('B');
    a.mood = undefined;
    await until('the order of the nodes', () => order(nodes) === 'AB');
    expect(await who(nodes)).toBe('A');
  });

  it.each([
    'missing trie node 1234 (path )',
    'header not found',
    'unknown block',
    'transaction indexing is in progress',
    'tx not found',
    'World state unavailable',
  ])('asks the next when a node says "%s", and takes it for reachable', async (message) => {
    const [a, b] = three();
    a.mood = failing(-32_000, message);
    const nodes = open(a, b);
    expect(await who(nodes)).toBe('B');
    expect(nodes.status()[0]).toMatchObject({ reachable: true });
    a.mood = failing(-32_603, 'anything');
    expect(await who(open(a, b))).toBe('B');
  });

  it('asks the one node again that has just not had a block', async () => {
    const [a] = three();
    a.mood = failing(-32_000, 'tx not found');
    const nodes = open(a);
    const asking = who(nodes);
    await until('two questions to the first node', () => a.asked === 2);
    a.mood = undefined;
    expect(await asking).toBe('A');
  });

  it('takes the refusal of the contract, and of a call, for an answer', async () => {
    for (const error of [
      failing(3, 'execution reverted', '0x1234'),
      failing(-32_000, 'execution reverted: not found'),
      failing(-32_000, 'VM error', '0x'),
      failing(-32_602, 'invalid argument 0'),
      failing(-32_601, 'the method is not available'),
    ]) {
      const [a, b] = three();
      a.mood = error;
      await expect(who(open(a, b))).rejects.toBe(error);
      expect(b.asked).toBe(0);
    }
  });

  it('takes whatever a node says to a transaction for an answer', async () => {
    const [a, b] = three();
    a.mood = failing(-32_000, 'txpool is unavailable');
    const nodes = open(a, b);
    await expect(nodes.rpc.send(Buffer.alloc(1))).rejects.toBe(a.mood);
    a.mood = new Error('socket hang up');
    await nodes.rpc.send(Buffer.alloc(1));
    expect(b.asked).toBe(1);
  });

  it('says soon that no node answers, naming them, also while all hang', async () => {
    const [a, b, c] = three();
    for (const one of [a, b, c]) one.mood = 'hangs';
    const nodes = open(a, b, c);
    const failure = { code: 'unavailable', retryable: true, message: expect.stringContaining('A, B, C') };
    await expect(who(nodes)).rejects.toMatchObject(failure);
    const asked = a.asked;
    await expect(who(nodes)).rejects.toMatchObject(failure);
    // They are asked all at once by then.
    expect(a.asked - asked).toBeGreaterThanOrEqual(1);
    b.mood = undefined;
    expect(await who(nodes)).toBe('B');
  });

  it('gives up the reads that wait for a node as soon as it is found to hang', async () => {
    const [a, b] = three();
    const nodes = openNodes({
      providers: [a, b].map(({ name, provider }) => ({ name, provider })),
      timeouts: { smallMs: 20, bulkMs: 60_000 },
      log: silentLog,
    });
    a.mood = 'hangs';
    const bulk = nodes.all[0]!.rpc.codes([address]);
    const expected = expect(bulk).rejects.toMatchObject({ code: 'unavailable' });
    expect(await who(nodes)).toBe('B');
    await expected;
  });

  it('asks a node last that gave wrong bytes, and counts them', () => {
    const nodes = open(...three());
    nodes.distrust(nodes.all[0]!, 'the code at 0x12');
    nodes.distrust(nodes.all[0]!, 'the code at 0x34');
    expect(order(nodes)).toBe('BCA');
    expect(nodes.status()[0]).toMatchObject({ name: 'A', wrongAnswers: 2 });
  });

  it('asks a node that is far behind after the others, and one that is a little behind first', async () => {
    const [a, b] = three();
    b.head = 15n;
    const nodes = open(a, b);
    await Promise.all(nodes.all.map(({ rpc }) => rpc.block('latest')));
    expect(nodes.status()[1]!.head).toEqual({ number: 15n, hash: blockHash('a', 15n) });
    expect(order(nodes)).toBe('AB');
    b.head = 16n;
    await nodes.all[1]!.rpc.block('latest');
    expect(order(nodes)).toBe('BA');
  });

  it('starts without a node that hangs, and uses it once it is there', async () => {
    const [a, b] = three();
    a.mood = 'hangs';
    const nodes = open(a, b);
    await nodes.meet(1_000);
    expect(order(nodes)).toBe('BA');
    a.mood = undefined;
    await until('the order of the nodes', () => order(nodes) === 'AB');
  });

  it('refuses to start on nodes of different chains, and without any', async () => {
    const [a, b] = three();
    b.chain = 'other';
    await expect(open(a, b).meet(1_000)).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringMatching(/A is of chain 7 .*B is of chain 7/),
    });
    a.mood = b.mood = 'hangs';
    await expect(open(a, b).meet(20)).rejects.toMatchObject({ code: 'unavailable', retryable: true });
  });

  it('meets a node that does not find its head yet', async () => {
    const [a] = three();
    a.mood = failing(-32_000, 'tx not found');
    const met = open(a).meet(1_000);
    await until('the first question', () => a.asked > 0);
    a.mood = undefined;
    await met;
  });

  it('never uses a node of another chain that came later', async () => {
    const [a, b] = three();
    b.mood = 'hangs';
    b.chain = 'other';
    const nodes = open(a, b);
    await nodes.meet(100);
    b.mood = undefined;
    const asked = b.asked;
    await until("the node's state", () => {
      nodes.preferred();
      return b.asked > asked + 2;
    });
    a.mood = new Error('gone');
    await expect(who(nodes)).rejects.toMatchObject({ code: 'unavailable' });
    expect(nodes.status()[1]).toMatchObject({ reachable: false });
  });
});
