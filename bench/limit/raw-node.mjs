// A node as a measurement needs it: nothing in between but JSON-RPC, or the embedded chain's own calls.
import { Agent, request } from 'undici';

/** geth behind its URL. `encode` is done before the clock runs. */
export function httpNode(url) {
  const dispatcher = new Agent({ connections: 16, headersTimeout: 0, bodyTimeout: 0 });
  async function post(body) {
    const headers = { 'content-type': 'application/json' };
    const answer = await request(url, { method: 'POST', headers, body, dispatcher });
    return JSON.parse(await answer.body.text());
  }
  async function ask(method, ...params) {
    const { result, error } = await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }
  const batch = (calls) => Buffer.concat([Buffer.from('['), ...calls.flatMap(comma), Buffer.from(']')]);
  return {
    encode: (raw, id) =>
      Buffer.from(
        `{"jsonrpc":"2.0","id":${id},"method":"eth_sendRawTransaction","params":["0x${raw.toString('hex')}"]}`,
        'latin1',
      ),
    /** What the node says of each that it does not take, undefined of the others. */
    send: async (encoded) => (await post(batch(encoded))).map(({ error }) => error?.message),
    nonce: async (account) => Number(await ask('eth_getTransactionCount', account, 'latest')),
    blockNumber: async () => Number(await ask('eth_blockNumber')),
    block: async (number) => ask('eth_getBlockByNumber', `0x${number.toString(16)}`, false),
    /** Bytes of code, of several accounts in one request. */
    codes: async (addresses) => {
      const calls = addresses.map((address, id) => ({
        jsonrpc: '2.0',
        id,
        method: 'eth_getCode',
        params: [address, 'latest'],
      }));
      return (await post(JSON.stringify(calls))).map(({ result }) => Buffer.from(result.slice(2), 'hex'));
    },
    close: () => dispatcher.close(),
  };
}

/** The chain in a worker of this process. */
export function embeddedNode(chain) {
  const ask = (method, ...params) => chain.request({ method, params });
  return {
    encode: (raw) => raw,
    send: (raws) =>
      Promise.all(
        raws.map((raw) =>
          chain.sendRawTransactionBytes(raw).then(
            () => undefined,
            (error) => error.message,
          ),
        ),
      ),
    nonce: async (account) => Number(await ask('eth_getTransactionCount', account, 'latest')),
    blockNumber: async () => Number(await ask('eth_blockNumber')),
    block: async (number) => ask('eth_getBlockByNumber', `0x${number.toString(16)}`, false),
    codes: (addresses) => chain.getCodes(addresses),
    close: () => chain.close(),
  };
}

function comma(call, i) {
  return i === 0 ? [call] : [Buffer.from(','), call];
}
