import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { NetworkSite } from '../../src/network/network.js';

const run = promisify(execFile);
/** What a connection carries between the last look and its end is lost: those of peers stay, those of HTTP last for seconds. */
const LOOK_EVERY_MS = 500;

/** Bytes of a node's connections. */
export interface NodeTraffic {
  peerIn: number;
  peerOut: number;
  rpcIn: number;
  rpcOut: number;
}

export interface Traffic {
  /** The totals so far, of each site's node. */
  look(): Promise<NodeTraffic[]>;
  stop(): void;
}

interface Listener {
  kind: 'peer' | 'rpc';
  /** Of its site. */
  i: number;
}

/** As `admin_peers` says it. */
interface Peer {
  network: { localAddress: string };
}

type Connection = Listener & { remotePort: number; sent: number; received: number };

/**
 * Counts until stopped what goes over each TCP connection of the nodes, as the kernel does (TCP_INFO: bytes_sent, bytes_received), by
 * `ss`.
 */
export function watchTraffic(sites: readonly NetworkSite[]): Traffic {
  const listening = new Map<number, Listener>();
  for (const [i, { node }] of sites.entries()) {
    listening.set(Number(new URL(node.enode.replace('enode:', 'http:')).port), { kind: 'peer', i });
    listening.set(Number(new URL(node.rpc).port), { kind: 'rpc', i });
  }
  const filter = `( ${[...listening.keys()].map((port) => `sport = :${port}`).join(' or ')} )`;
  /** By both ends of the connection, as the accepting node sees it. */
  const connections = new Map<string, Connection>();

  async function sample(): Promise<void> {
    const { stdout } = await run('ss', ['-tinOH', 'state', 'established', filter], { maxBuffer: 2 ** 26 });
    for (const line of stdout.split('\n')) {
      const [, , local, remote] = line.trim().split(/\s+/);
      const to = listening.get(portOf(local));
      if (!to) continue;
      const bytes = (name: string): number => Number(new RegExp(`${name}:(\\d+)`).exec(line)?.[1] ?? 0);
      const key = `${local} ${remote}`;
      const known = connections.get(key);
      const now = { ...to, remotePort: portOf(remote), sent: bytes('bytes_sent'), received: bytes('bytes_received') };
      // The same two ports again, from nothing: another connection.
      if (known && now.received < known.received) connections.set(`${key} ${known.received}`, known);
      connections.set(key, now);
    }
  }

  /** Ports from which nodes have called others. */
  async function callers(): Promise<Map<number, number>> {
    const peers = (await Promise.all(sites.map(({ node }) => node.ipc('admin_peers')))) as Peer[][];
    return new Map(
      peers.flatMap((of, i) => of.map(({ network }): [number, number] => [portOf(network.localAddress), i])),
    );
  }

  let failure: Error | undefined;
  const timer = setInterval(() => void sample().catch((error: Error) => (failure = error)), LOOK_EVERY_MS);
  return {
    async look() {
      if (failure) throw failure;
      await sample();
      const callerOf = await callers();
      const totals = sites.map(() => ({ peerIn: 0, peerOut: 0, rpcIn: 0, rpcOut: 0 }));
      for (const { kind, i, remotePort, sent, received } of connections.values()) {
        totals[i]![`${kind}In`] += received;
        totals[i]![`${kind}Out`] += sent;
        const caller = kind === 'peer' ? totals[callerOf.get(remotePort) ?? -1] : undefined;
        if (!caller) continue;
        caller.peerIn += sent;
        caller.peerOut += received;
      }
      return totals;
    },
    stop: () => clearInterval(timer),
  };
}

const portOf = (address: string | undefined): number => Number(address?.split(':').at(-1));
