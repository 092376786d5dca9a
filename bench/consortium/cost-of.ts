import type { Network } from '../../src/network/network.js';
import { cpuSecondsOf } from '../cpu-seconds.js';
import { allocatedBytes } from '../disk-bytes.js';
import { pidOf, servedSites } from '../served-sites.js';
import { mean, round, sum } from '../statistics.js';
import { machineCpuSeconds } from './machine-cpu.js';
import { type Cost, type CostOfByte, COSTS, type MeasuredSites } from './measured-sites.js';
import type { Traffic } from './traffic.js';

/** Per site: CPU seconds of node and server, bytes of the node's connections, bytes on the server's disk. */
export type SiteCosts = Record<Cost, number[]>;

/** What some work cost; moments in milliseconds since 1970, CPU in seconds. */
export type WorkCosts = SiteCosts & {
  begunAt: number;
  endedAt: number;
  seconds: number;
  /** Of everything on the machine, and of this process. */
  machineCpu: number;
  clientCpu: number;
};

/** What `work` cost each process. */
export async function costOf(network: Network, traffic: Traffic, work: () => Promise<unknown>): Promise<WorkCosts> {
  const begunAt = Date.now();
  const ownBefore = process.cpuUsage();
  const machineBefore = machineCpuSeconds();
  const before = await look(network, traffic);
  await work();
  const after = await look(network, traffic);
  const endedAt = Date.now();
  const machineCpu = machineCpuSeconds() - machineBefore;
  const { user, system } = process.cpuUsage(ownBefore);
  return {
    begunAt,
    endedAt,
    seconds: (endedAt - begunAt) / 1000,
    machineCpu,
    clientCpu: (user + system) / 1e6,
    ...byCost((key) => after[key].map((value, i) => value - before[key][i]!)),
  };
}

async function look(network: Network, traffic: Traffic): Promise<SiteCosts> {
  const bytes = await traffic.look();
  const { sites } = servedSites(network);
  return {
    nodeCpu: sites.map(({ node }) => cpuSecondsOf(pidOf(node))),
    serverCpu: sites.map(({ server }) => cpuSecondsOf(pidOf(server))),
    peerIn: bytes.map(({ peerIn }) => peerIn),
    peerOut: bytes.map(({ peerOut }) => peerOut),
    rpcIn: bytes.map(({ rpcIn }) => rpcIn),
    rpcOut: bytes.map(({ rpcOut }) => rpcOut),
    serverDisk: sites.map(({ server }) => allocatedBytes(server.dataFolder)),
  };
}

/**
 * Bytes per image byte and, of CPU, seconds per MB: the storing site first, then the mean and each of the others; what rest costs is
 * left out. `payload` is the bytes of the images.
 */
export function costOfByte(
  busy: WorkCosts,
  { idle, payload }: { idle: WorkCosts; payload: number },
): MeasuredSites['perByte'] {
  return byCost((key): CostOfByte => {
    const scale = key.endsWith('Cpu') ? 1e6 : 1;
    const isDisk = key.endsWith('Disk');
    const each = busy[key].map(
      (value, i) => ((value - (isDisk ? 0 : (idle[key][i]! / idle.seconds) * busy.seconds)) / payload) * scale,
    );
    const others = each.slice(1);
    return {
      storing: round(each[0]!),
      others: others.length > 0 ? round(mean(others)) : undefined,
      each: each.map(round),
    };
  });
}

/** Per second and site, in the mean over sites. */
export function ratesOf(idle: WorkCosts): MeasuredSites['idle'] {
  const rates = COSTS.map((key) => [`${key}PerSecond`, round(mean(idle[key]) / idle.seconds)]);
  return Object.fromEntries(rates) as MeasuredSites['idle'];
}

/** Cores that went to what is not of this measurement. */
export const othersCores = ({ machineCpu, clientCpu, nodeCpu, serverCpu, seconds }: WorkCosts): number =>
  round(Math.max(0, machineCpu - clientCpu - sum(nodeCpu) - sum(serverCpu)) / seconds);

function byCost<T>(valueOf: (cost: Cost) => T): Record<Cost, T> {
  return Object.fromEntries(COSTS.map((cost) => [cost, valueOf(cost)])) as Record<Cost, T>;
}
