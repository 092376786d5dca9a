import type { Network, NetworkSite } from '../../src/network/network.js';
import { serverOf } from '../testing/network-under-test.js';

/** What happens to a network, or to one site of it: `hit` and, later, `heal`. */
interface Fault {
  hit(network: Network, victim: NetworkSite): Promise<unknown>;
  heal(network: Network, victim: NetworkSite): Promise<unknown>;
}

const killNode = (site: NetworkSite): Promise<void> => site.node.stop('SIGKILL');
const killServer = (site: NetworkSite): Promise<void> => serverOf(site).stop('SIGKILL');

/** Starts what does not run, nodes first: a server that finds no node at its start ends. */
async function startAgain(sites: readonly NetworkSite[]): Promise<void> {
  await Promise.all(sites.map((site) => site.node.start()));
  await Promise.all(sites.map((site) => serverOf(site).start()));
}

/** Every fault by its name. Their order is part of what a seed repeats. */
export const FAULTS = {
  'kill node': {
    hit: (_network, victim) => killNode(victim),
    heal: (_network, victim) => startAgain([victim]),
  },
  'kill server': {
    hit: (_network, victim) => killServer(victim),
    heal: (_network, victim) => startAgain([victim]),
  },
  'kill site': {
    hit: (_network, victim) => Promise.all([killServer(victim), killNode(victim)]),
    heal: (_network, victim) => startAgain([victim]),
  },
  'kill all nodes': {
    hit: ({ sites }) => Promise.all(sites.map(killNode)),
    heal: ({ sites }) => startAgain(sites),
  },
  'kill everything': {
    hit: ({ sites }) => Promise.all(sites.flatMap((site) => [killServer(site), killNode(site)])),
    heal: ({ sites }) => startAgain(sites),
  },
  'pause node': {
    hit: async (_network, victim) => process.kill(victim.node.pid!, 'SIGSTOP'),
    heal: async (_network, victim) => process.kill(victim.node.pid!, 'SIGCONT'),
  },
  'cut off': {
    hit: (network, victim) => network.cutOff(victim),
    heal: (network, victim) => network.heal(victim),
  },
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];
