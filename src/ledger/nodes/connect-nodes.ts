import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { bulkOverHttp, httpUrlOf } from '../rpc/bulk-over-http.js';
import { openHttpProvider, type HttpProvider } from '../rpc/http-provider.js';
import { readNodeUrl } from '../rpc/node-url.js';
import type { Nodes } from './node.js';
import { openNodes } from './open-nodes.js';
import type { NodeTimeouts } from './node-health.js';
import { openWsProvider } from '../rpc/ws-provider.js';

export interface ConnectOptions {
  /** http(s) and ws(s), the own node first. A user and a password in them are sent, and never shown. */
  urls: readonly string[];
  log: Log;
  timeouts?: NodeTimeouts;
  /** How long the nodes may take at the start. */
  timeoutMs?: number;
}

/**
 * The nodes at these URLs, as one chain. Throws `misconfigured` for a URL that is none and for nodes of different chains,
 * `unavailable` when none answers in time; those that do not are asked again in the background.
 */
export async function connectNodes(options: ConnectOptions): Promise<Nodes> {
  const { urls, log, timeouts = { smallMs: 5_000, bulkMs: 15_000 }, timeoutMs = 10_000 } = options;
  if (urls.length === 0) throw misconfigured('LEDGER_URL is empty: name at least one node.');
  urls.forEach((url, i) => requireUrl(url, i, urls));
  const providers = urls.map((url) => {
    const provider: HttpProvider = /^http/i.test(url)
      ? openHttpProvider({ url })
      : bulkOverHttp(openWsProvider({ url }), openHttpProvider({ url: httpUrlOf(url) }));
    return { name: readNodeUrl(url).host, provider, close: () => provider.close() };
  });
  const nodes = openNodes({ providers, timeouts, log });
  try {
    await nodes.meet(timeoutMs);
    return nodes;
  } catch (error) {
    await nodes.close();
    throw error;
  }
}

function requireUrl(url: string, i: number, urls: readonly string[]): void {
  const place = urls.length === 1 ? 'LEDGER_URL' : `URL ${i + 1} of LEDGER_URL`;
  if (!URL.canParse(url))
    throw misconfigured(`${place} is not a URL: write it like http://localhost:8545 or wss://node.example/.`);
  const { protocol, host } = new URL(url);
  if (!/^(https?|wss?):$/.test(protocol) || host === '')
    throw misconfigured(`${place} begins with ${protocol}, which is none of http:, https:, ws:, wss:.`);
  if (urls.indexOf(url) < i) throw misconfigured(`LEDGER_URL names the node at ${host} twice: take one out.`);
}

function misconfigured(message: string): LedgerError {
  return new LedgerError('misconfigured', message);
}
