import { networkInterfaces } from 'node:os';
import { isLoopback } from '../base/is-loopback.js';
import { httpUrlOf } from '../ledger/rpc/bulk-over-http.js';
import type { Check } from './finding.js';

const TIMEOUT_MS = 3_000;

interface Address {
  address: string;
  family: 'IPv4' | 'IPv6';
}

/** Those by which other machines reach this one; what is valid on one link alone needs its name, too. */
const reachedBy = (): Address[] =>
  Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));

/** Whether JSON-RPC of the own node, which has no login, can also be had from other machines: by the addresses of this one. */
export function exposedPort({ url, addresses = reachedBy() }: { url: string; addresses?: readonly Address[] }): Check {
  return {
    name: 'JSON-RPC',
    look: async ({ ok, warning }) => {
      const { hostname, port, protocol } = new URL(httpUrlOf(url));
      const own = hostname.replace(/^\[|\]$/g, '');
      if (!isLoopback(own)) return ok(`The first node of LEDGER_URL is on another machine (${own}).`);
      const open = await Promise.all(
        addresses.map(async ({ address, family }) => {
          const host = family === 'IPv6' ? `[${address}]` : address;
          const answer = await fetch(`${protocol}//${host}:${port}/`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] }),
            signal: AbortSignal.timeout(TIMEOUT_MS),
          }).catch(() => undefined);
          await answer?.body?.cancel();
          return answer?.ok === true ? [`${host}:${port}`] : [];
        }),
      );
      if (open.flat().length === 0) return ok(`JSON-RPC of the node is not to be had at other addresses of this machine (${addresses.length} tried).`); // prettier-ignore
      warning(
        `JSON-RPC of the node is also to be had at ${open.flat().join(', ')}, without a login.`,
        'Start the node without --rpc-host, or let the firewall pass those members alone that use it.',
      );
    },
  };
}
