import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { json } from 'node:stream/consumers';
import { exposedPort } from './exposed-port.js';
import { oneNode, type ReadEdition } from './one-node.js';
import { foundBy } from './testing/found-by.js';
import { serveAnswers } from './testing/serve-answers.js';

/** What the node says: a block each second, the newest `ageSeconds` old. */
const says = { ageSeconds: 0, peers: 2, version: 'Geth/v1.13.15-new/linux', dateSeconds: 0 };
const HEAD = 1000;
let node: Awaited<ReturnType<typeof serveAnswers>>;
let url: string;

const blockOf = (number: number): object => ({
  number: `0x${number.toString(16)}`,
  hash: `0x${'11'.repeat(32)}`,
  parentHash: `0x${'22'.repeat(32)}`,
  timestamp: `0x${(Math.floor(Date.now() / 1000) - says.ageSeconds - (HEAD - number)).toString(16)}`,
  gasLimit: '0x1c9c380',
});

function resultOf(method: string, params: unknown[]): unknown {
  if (method === 'eth_getBlockByNumber') return blockOf(params[0] === 'latest' ? HEAD : Number(params[0]));
  if (method === 'net_peerCount') return `0x${says.peers.toString(16)}`;
  return method === 'web3_clientVersion' ? says.version : '0xd1c0';
}

beforeAll(async () => {
  node = await serveAnswers(
    (request, response) => {
      response.setHeader('Date', new Date(Date.now() + 1000 * says.dateSeconds).toUTCString());
      type Call = { id: number; method: string; params: unknown[] };
      void json(request).then((body) => {
        const answer = ({ id, method, params }: Call) => ({ jsonrpc: '2.0', id, result: resultOf(method, params) });
        response.end(JSON.stringify(Array.isArray(body) ? (body as Call[]).map(answer) : answer(body as Call)));
      });
    },
    { host: '0.0.0.0' },
  );
  url = `http://127.0.0.1:${node.port}`;
});
afterAll(() => node.close());

const readEdition: ReadEdition = (text) =>
  text.startsWith('Geth') ? { version: '1.13.15', edition: 1, hasHolesClosed: text.includes('new') } : undefined;
const found = (over: Partial<typeof says> = {}): Promise<string[]> => {
  Object.assign(says, { ageSeconds: 0, peers: 2, version: 'Geth/v1.13.15-new/linux', dateSeconds: 0 }, over);
  return foundBy(oneNode({ url, number: 1, readEdition }));
};

describe('oneNode', () => {
  it('takes one that goes on, has peers, no known holes, and the same time', async () => {
    const all = await found();
    expect(all.filter((one) => !one.startsWith('ok: '))).toEqual([]);
    expect(all).toHaveLength(4);
  });

  it.each([
    [{ ageSeconds: 90 }, /^warning: Block 1000 of \S+ is (89|90|91) s old, at a period of 1 s\. -> See at the signers/],
    [{ ageSeconds: -40 }, /^fault: Block 1000 .* after now: this clock or that of a signer is wrong\./],
    [{ version: 'Geth/v1.13.15-old/linux' }, /^fault: .* can stop it, by holes that are known\. -> Run the geth/],
    [{ version: 'besu/v26' }, /^ok: .* is besu\/v26; of its holes nothing is known here\.$/],
    [{ peers: 0 }, /^warning: .* is connected to no other node\./],
    [{ dateSeconds: 300 }, /^fault: This clock is \d+ s behind that of the node at/],
  ])('finds what is wrong with one that says %p', async (over, expected) => {
    expect(await found(over)).toContainEqual(expect.stringMatching(expected));
  });

  it('finds one that does not answer: the own one is a fault, another a warning', async () => {
    const gone = await serveAnswers(() => undefined);
    await gone.close();
    const at = (number: number, scheme: string) =>
      foundBy(oneNode({ url: `${scheme}://user:secret@127.0.0.1:${gone.port}`, number, readEdition }));
    expect(await at(1, 'http')).toEqual([
      expect.stringMatching(/^fault: The node at 127\.0\.0\.1:\d+ does not answer/),
    ]);
    expect(await at(2, 'ws')).toEqual([
      expect.stringMatching(/^warning: The node at 127\.0\.0\.1:\d+ does not answer/),
    ]);
    expect((await at(1, 'http')).join()).not.toContain('secret');
  });
});

describe('exposedPort', () => {
  const addresses = [{ address: '127.0.0.2', family: 'IPv4' }] as const;

  it('finds JSON-RPC that answers at another address of this machine', async () => {
    expect(await foundBy(exposedPort({ url, addresses }))).toEqual([expect.stringMatching(/^warning: .* had at 127\.0\.0\.2:\d+, without a login\./)]); // prettier-ignore
  });

  it('takes one that is on the loopback alone', async () => {
    const alone = await serveAnswers((_request, response) => response.end('{}'));
    const own = `ws://127.0.0.1:${alone.port}`;
    expect(await foundBy(exposedPort({ url: own, addresses }))).toEqual([expect.stringMatching(/^ok: .*\(1 tried\)/)]);
    await alone.close();
    expect((await foundBy(exposedPort({ url: 'http://node.example:8545' })))[0]).toMatch(/^ok: .* another machine/);
  });
});
