import { beforeEach, describe, expect, it } from '@jest/globals';
import { LedgerError } from '../../base/errors.js';
import { watchLedgerHealth, type HealthSources, type LedgerHealthWatch } from './ledger-health.js';
import type { Alarm } from '../ledger.js';
import type { LedgerNode, Nodes } from './node.js';
import { RpcError } from '../embedded/rpc-error.js';
import { createRpc, type Block } from '../rpc/rpc.js';

const block = (number: number, byteCount?: number): Block => ({
  number: BigInt(number),
  hash: `0x${number}`,
  parentHash: `0x${number - 1}`,
  timestamp: BigInt(1_000 + number),
  gasLimit: 1n,
  byteCount,
});

/** A node that does as its fields say. */
class FakeNode implements LedgerNode {
  head = block(10);
  peers: number | Error = 2;
  isDead = false;
  isHanging = false;
  trouble: string | undefined;
  wrongAnswers = 0;
  calls: string[] = [];

  constructor(readonly name: string) {}

  get provider(): LedgerNode['provider'] {
    const { trouble } = this;
    return { request: ({ method }) => this.answer(method), trouble };
  }
  get rpc(): LedgerNode['rpc'] {
    return {
      ...createRpc(this.provider),
      block: async (at) => {
        await this.answer('eth_getBlockByNumber');
        return at === 'latest' ? this.head : block(Number(at));
      },
    };
  }
  private async answer(method: string): Promise<unknown> {
    this.calls.push(method);
    if (this.isHanging) await new Promise(() => undefined);
    if (this.isDead) throw new LedgerError('unavailable', 'It does not answer.');
    if (method !== 'net_peerCount') return undefined;
    if (typeof this.peers !== 'number') throw this.peers;
    return `0x${this.peers.toString(16)}`;
  }
}

let atMs: number;
let own: FakeNode;
let other: FakeNode;
let pending: number;
let sent: Alarm[];
let siteCount: number;
let rationsLeft: number;

beforeEach(() => {
  atMs = 1_000_000;
  own = new FakeNode('own:1');
  other = new FakeNode('other:2');
  pending = 0;
  sent = [];
  siteCount = 1;
  rationsLeft = 1;
});

function watch(...fakes: FakeNode[]): LedgerHealthWatch {
  const status = () =>
    fakes.map(({ name, wrongAnswers }) => ({ name, reachable: true, head: undefined, wrongAnswers }));
  const sources: HealthSources = {
    nodes: { all: fakes, status } as unknown as Nodes,
    sending: () => ({
      ...{ outboxTransactions: pending, outboxBytes: pending * 7, windowBytes: 99, alarms: sent },
      reverted: { count: 0, newest: [] },
    }),
    siteCount: async () => siteCount,
    rationsLeft: async () => rationsLeft,
    lookAtAccount: async () => undefined,
  };
  return watchLedgerHealth(sources, { chainId: 5n, patienceMs: 5, nowMs: () => atMs });
}

/** Goes on by so many seconds, a look each. */
async function after(seconds: number, health: LedgerHealthWatch): Promise<Alarm[]> {
  for (let passed = 0; passed < seconds; passed++) {
    atMs += 1_000;
    await health();
  }
  return (await health()).alarms;
}
const codes = (alarms: Alarm[]): [string, boolean][] => alarms.map(({ code, stopsStoring }) => [code, stopsStoring]);

describe('watchHealth', () => {
  it('has no alarm when all is well, and gives the highest head, each node and the outbox', async () => {
    other.head = block(11);
    pending = 2;
    expect(await watch(own, other)()).toEqual({
      reachable: true,
      chainId: 5n,
      head: { number: 11n, hash: '0x11' },
      nodes: [
        { name: 'own:1', reachable: true, head: { number: 10n, hash: '0x10' }, wrongAnswers: 0 },
        { name: 'other:2', reachable: true, head: { number: 11n, hash: '0x11' }, wrongAnswers: 0 },
      ],
      outboxTransactions: 2,
      outboxBytes: 14,
      windowBytes: 99,
      alarms: [],
      reverted: { count: 0, newest: [] },
    });
  });

  it('asks nodes at most once a second unless told otherwise, and nothing but block and peers', async () => {
    const health = watch(own);
    await Promise.all([health(), health()]);
    await health();
    atMs += 999;
    await health();
    const asked = (): number => own.calls.filter((method) => method === 'net_peerCount').length;
    expect(asked()).toBe(1);
    atMs += 1;
    await health();
    expect(asked()).toBe(2);
    await health({ maxAgeMs: 0 });
    expect(asked()).toBe(3);
    expect(new Set(own.calls)).toEqual(new Set(['eth_getBlockByNumber', 'net_peerCount']));
  });

  it('always tells the outbox of now', async () => {
    const health = watch(own);
    await health();
    pending = 9;
    expect(await health()).toMatchObject({ outboxTransactions: 9 });
  });

  describe('no-node', () => {
    it.each(['isDead', 'isHanging'] as const)(
      'comes when none has answered for 5 s (%s), and goes with the first answer',
      async (how) => {
        const health = watch(own, other);
        await health();
        own[how] = true;
        other[how] = true;
        expect(await after(4, health)).toEqual([]);
        expect(codes(await after(1, health))).toEqual([['no-node', true]]);
        expect(await health()).toMatchObject({ reachable: false, head: { number: 10n } });
        if (how === 'isHanging') return;
        other[how] = false;
        expect(await after(1, health)).toEqual([]);
      },
    );

    it('does not come while one node answers', async () => {
      const health = watch(own, other);
      own.isDead = true;
      expect(await after(20, health)).toEqual([]);
      expect((await health()).nodes.map(({ reachable }) => reachable)).toEqual([false, true]);
    });

    it('asks a node that hangs no second time', async () => {
      const health = watch(own, other);
      own.isHanging = true;
      await after(10, health);
      expect(own.calls).toHaveLength(2);
    });
  });

  describe('chain-stalled', () => {
    it('comes after 10 s without a block and with something pending, and goes with the next block', async () => {
      const health = watch(own);
      await health();
      pending = 1;
      expect(await after(9, health)).toEqual([]);
      expect(codes(await after(1, health))).toEqual([['chain-stalled', true]]);
      own.head = block(11);
      expect(await after(1, health)).toEqual([]);
    });

    it('does not come with nothing pending, nor while another node has new blocks', async () => {
      const health = watch(own, other);
      expect(await after(60, health)).toEqual([]);
      pending = 1;
      for (let number = 11; number < 40; number++) {
        other.head = block(number);
        expect(await after(1, health)).toEqual([]);
      }
    });

    it('says at once what the chain itself knows', async () => {
      const health = watch(own);
      own.trouble = 'The blocks cannot be written.';
      expect(await after(1, health)).toEqual([
        { code: 'chain-stalled', sentence: 'The blocks cannot be written.', stopsStoring: true },
      ]);
      own.trouble = undefined;
      expect(await after(1, health)).toEqual([]);
    });
  });

  describe('no-peers', () => {
    it.each([0, 1])('is of %i peers: after 10 s of none a sentence that names the node', async (peers) => {
      const health = watch(own, other);
      await health();
      own.peers = peers;
      expect(await after(10, health)).toEqual([]);
      const alarms = await after(1, health);
      expect(codes(alarms)).toEqual(peers === 0 ? [['no-peers', false]] : []);
      if (peers > 0) return;
      expect(alarms[0]!.sentence).toContain('own:1');
      own.peers = 1;
      expect(await after(1, health)).toEqual([]);
    });

    it.each([
      [1, []],
      [2, [['no-peers', false]]],
    ])('of a single node needs another site: %i admitted', async (sites, expected) => {
      siteCount = sites;
      own.peers = 0;
      expect(codes(await after(20, watch(own)))).toEqual(expected);
    });

    it('asks a node that refuses no second time', async () => {
      own.peers = new RpcError(-32601, 'the method net_peerCount does not exist');
      expect(await after(20, watch(own, other))).toEqual([]);
      expect(own.calls.filter((method) => method === 'net_peerCount')).toHaveLength(1);
    });
  });

  it.each([
    [8_999_999, []],
    [9_000_000, []],
    [9_000_001, [['large-block', true]]],
    [undefined, []],
  ])('large-block: %s bytes', async (byteCount, expected) => {
    const health = watch(own);
    await health();
    own.head = block(11, byteCount);
    expect(codes(await after(1, health))).toEqual(expected);
    own.head = block(12, 600);
    expect(await after(1, health)).toEqual([]);
  });

  it('wrong-bytes lasts an hour from the last of them', async () => {
    const health = watch(own, other);
    await health();
    other.wrongAnswers = 3;
    const alarms = await after(1, health);
    expect(codes(alarms)).toEqual([['wrong-bytes', false]]);
    expect(alarms[0]!.sentence).toContain('other:2 (3 times)');
    atMs += 3_599_999;
    expect(codes((await health()).alarms)).toEqual([['wrong-bytes', false]]);
    other.wrongAnswers = 4;
    await health();
    atMs += 3_599_999;
    expect(codes((await health()).alarms)).toEqual([['wrong-bytes', false]]);
    atMs += 1;
    expect((await health()).alarms).toEqual([]);
  });

  it('passes on what sending says', async () => {
    sent = [{ code: 'outbox', sentence: 'The outbox cannot be written.', stopsStoring: true }];
    expect((await watch(own)()).alarms).toEqual(sent);
  });

  it('says when the account has less than a quarter of its ration, and that it is over', async () => {
    const health = watch(own);
    expect(codes(await after(31, health))).toEqual([]);
    rationsLeft = 0.2;
    const alarms = await after(31, health);
    expect(codes(alarms)).toEqual([['account-low', false]]);
    expect(alarms[0]!.sentence).toContain('12 minutes of full blocks');
    rationsLeft = 0.9;
    expect(codes(await after(31, health))).toEqual([]);
  });
});
