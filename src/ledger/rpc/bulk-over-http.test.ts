import { describe, expect, it } from '@jest/globals';
import { bulkOverHttp, httpUrlOf } from './bulk-over-http.js';
import type { Hex } from '../ethereum/hex.js';
const code = Buffer.from([0, 1, 2]);

/** Both ways to one node, and what was asked of each. */
function ways(overHttp: () => string, overWs: () => string = () => '0x1') {
  const asked: string[] = [];
  const answer = (way: string, chainId: () => string) => ({
    request: async ({ method }: { method: string }) => {
      asked.push(`${way} ${method}`);
      return method === 'eth_chainId' ? chainId() : `0x${code.toString('hex')}`;
    },
    sendRawTransactionBytes: async () => asked.push(`${way} bytes`),
    getCodes: async (addresses: readonly Hex[]) => {
      asked.push(`${way} codes`);
      return addresses.map(() => code);
    },
    on: () => undefined,
    close: async () => undefined,
  });
  const provider = bulkOverHttp(answer('ws', overWs), answer('http', overHttp));
  return { provider, asked: () => asked.splice(0).filter((one) => !one.endsWith('chainId')) };
}

const refuse = (): never => {
  throw new Error('nobody there');
};

describe('bulkOverHttp', () => {
  it('takes HTTP for code and transactions where the node answers there, the WebSocket for the rest', async () => {
    const { provider, asked } = ways(() => '0x1');
    expect(await provider.getCodes!(['0xaa', '0xbb'])).toEqual([code, code]);
    await provider.sendRawTransactionBytes!(code);
    await provider.request({ method: 'eth_blockNumber' });
    expect(asked()).toEqual(['http codes', 'http bytes', 'ws eth_blockNumber']);
  });

  it.each([
    ['no HTTP answers', refuse],
    ['HTTP is of another chain', () => '0x2'],
  ])('takes the WebSocket for all where %s', async (_, overHttp) => {
    const { provider, asked } = ways(overHttp);
    expect(await provider.getCodes!(['0xaa'])).toEqual([code]);
    await provider.sendRawTransactionBytes!(code);
    expect(asked()).toEqual(['ws eth_getCode', 'ws bytes']);
  });

  it('looks again when the node was away', async () => {
    let isAway = true;
    const chainId = (): string => (isAway ? refuse() : '0x1');
    const { provider, asked } = ways(chainId, chainId);
    await provider.getCodes!(['0xaa']);
    isAway = false;
    asked();
    await provider.getCodes!(['0xaa']);
    expect(asked()).toEqual(['http codes']);
  });

  it('keeps host, port, path and safety of the URL', () => {
    expect(httpUrlOf('ws://host:8546/path')).toBe('http://host:8546/path');
    expect(httpUrlOf('wss://user:word@host/')).toBe('https://user:word@host/');
  });
});
