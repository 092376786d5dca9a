import { fromHex } from '../ethereum/hex.js';
import type { BulkProvider, HttpProvider } from './http-provider.js';
import type { WsProvider } from './ws-provider.js';

/** The HTTP URL at the same host and port, where many nodes answer too (geth with equal ports, and most proxies). */
export function httpUrlOf(wsUrl: string): string {
  return wsUrl.replace(/^ws/i, 'http');
}

/**
 * A WebSocket for what is small or pushed, and HTTP for code and transactions, if the node answers there as well: megabytes
 * need no masking then, and never become one string. What HTTP does not answer once the chain is known goes over the WebSocket for good.
 */
export function bulkOverHttp(ws: WsProvider, http: BulkProvider): HttpProvider & Pick<WsProvider, 'on'> {
  let asked: Promise<boolean> | undefined;

  async function ask(): Promise<boolean> {
    const call = { method: 'eth_chainId' };
    const [overWs, overHttp] = await Promise.allSettled([ws.request(call), http.request(call)]);
    // A node that is away says nothing of what it can do.
    if (overWs.status === 'rejected') asked = undefined;
    return overWs.status === 'fulfilled' && overHttp.status === 'fulfilled' && overWs.value === overHttp.value;
  }
  const hasHttp = (): Promise<boolean> => (asked ??= ask());

  return {
    request: (call) => ws.request(call),
    on: (event, listener) => ws.on(event, listener),
    sendRawTransactionBytes: async (raw) => ((await hasHttp()) ? http : ws).sendRawTransactionBytes(raw),
    getCodes: async (addresses) => {
      if (await hasHttp()) return http.getCodes(addresses);
      const codes = addresses.map((address) => ws.request({ method: 'eth_getCode', params: [address, 'latest'] }));
      return (await Promise.all(codes)).map((code) => fromHex(String(code)));
    },
    close: async () => {
      await Promise.all([ws.close(), http.close()]);
    },
  };
}
