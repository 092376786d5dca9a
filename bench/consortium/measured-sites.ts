import type { Spread } from '../statistics.js';

/** What a byte costs at the site that stores, in the mean over the others, and at each of them. */
export interface CostOfByte {
  storing: number;
  others?: number | undefined;
  each: number[];
}

/** CPU, traffic and disk. */
export const COSTS = ['nodeCpu', 'serverCpu', 'peerIn', 'peerOut', 'rpcIn', 'rpcOut', 'serverDisk'] as const;
export type Cost = (typeof COSTS)[number];

/** What the nodes' logs say of blocks with transactions: wall seconds, on cores that all share. */
export interface LogFigures {
  buildSecondsPerGgas: Spread;
  buildsPerNode: number;
  /** Undefined when no node had a block of another one. */
  importSecondsPerGgas?: Spread | undefined;
  reorgsPerNode: number;
  blocksSealed: number;
}

export interface BlockFigures {
  count: number;
  withTransactions: number;
  /** Of those with transactions. */
  meanBytes: number;
  mostBytes: number;
  gasPerByte: number;
  meanIntervalSeconds: number;
  inTurnShare: number;
}

/** One network of some sites, as it was measured. */
export interface MeasuredSites {
  /** UTC. */
  date: string;
  sites: number;
  periodSeconds: number;
  imageBytes: number;
  storeSeconds: Spread;
  /** Undefined of one site. */
  firstViewSeconds?: Spread | undefined;
  throughput: { files: number; inFlight: number; payloadBytes: number; seconds: number; MBps: number };
  blocks: BlockFigures;
  /** Cores that went to what is not of the measurement: one store at a time, and many. */
  othersCores?: { alone: number; throughput: number };
  /** Per second and site. */
  idle: Record<`${Cost}PerSecond`, number>;
  /** Per image byte; CPU in seconds per MB. */
  perByte: Record<Cost, CostOfByte>;
  clientCpuPerMB: number;
  /** The first node's disk per byte stored. */
  diskPerByte: { storedBytes: number; running: number; compacted: number };
  log: LogFigures;
}
