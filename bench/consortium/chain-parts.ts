import type { Resource } from './world.js';

/** Where nodes run, and its connection. */
export interface Host {
  cores: Resource;
  up: Resource;
  down: Resource;
}

/** CPU seconds of one core per byte on the chain, and per block. */
export interface NodeCpu {
  /** Taking transactions by RPC, and from a peer. */
  rpcIn: number;
  fetched: number;
  build: number;
  import: number;
  commit: number;
  blockSeconds: number;
}

/** A run of transactions of one writer, which goes around and into blocks as a whole. */
export interface Parcel {
  writer: number;
  index: number;
  bytes: number;
}

export interface SimulatedBlock {
  number: number;
  time: number;
  /** Total difficulty. */
  td: number;
  bytes: number;
  /** Of each writer, how many parcels this block and those before it have. */
  taken: readonly number[];
  parent: SimulatedBlock | undefined;
  signer: number;
}

/** What a node has been told of and has not. */
interface Wish {
  from: SimulatedNode[];
  isRipe: boolean;
  isAsked?: boolean;
}

export interface SimulatedNode {
  readonly i: number;
  readonly host: Host;
  head: SimulatedBlock;
  readonly blocks: Set<SimulatedBlock>;
  /** Blocks that it is about to get, that it has got, and the one that it imports. */
  readonly waiting: Set<SimulatedBlock>;
  readonly queue: SimulatedBlock[];
  current: SimulatedBlock | undefined;
  seals: number;
  sealedOn: SimulatedBlock | undefined;
  /** Of each writer, the parcels that it has. */
  readonly pool: Set<number>[];
  poolCount: number;
  readonly knownBy: Map<SimulatedBlock, Set<SimulatedNode>>;
  readonly wanted: Map<Parcel, Wish>;
  /** Peers that it has asked for a parcel. */
  readonly busyWith: Set<SimulatedNode>;
  work: number;
  /** Bytes. */
  peerIn: number;
  peerOut: number;
  reorgs: number;
  cpuSeconds: number;
  peers: readonly SimulatedNode[];
}

export interface ChainOptions {
  nodes: number;
  /** The first so many seal; all unless given. */
  signers?: number;
  /** Where node i runs. */
  hosts: readonly Host[];
  /** Seconds from one node to another. */
  latency: (from: number, to: number) => number;
  peersEach: number;
  periodSeconds: number;
  blockBytes: number;
  writers: number;
  cpu: NodeCpu;
}

export interface SimulatedChain {
  readonly nodes: readonly SimulatedNode[];
  /** Of each writer, in their order. */
  readonly parcels: readonly Parcel[][];
  /** Blocks that were sealed, also those that came to nothing. */
  readonly sealed: number;
  /** A node has taken a parcel by RPC. */
  pooled(node: SimulatedNode, parcel: Parcel): void;
  compute(node: SimulatedNode, seconds: number, done: () => void): void;
  onHead(listener: (node: SimulatedNode) => void): void;
  start(): void;
}
