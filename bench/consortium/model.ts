import { mean, sum } from '../statistics.js';
import { createChain } from './chain.js';
import type { Host, SimulatedBlock, SimulatedChain } from './chain-parts.js';
import type { Fitted } from './fitted.js';
import type { Link } from './links.js';
import { createSimulatedServer, type SimulatedServer } from './simulated-server.js';
import { createWorld, type World } from './world.js';

const MB = 1e6;
/** What is in flight for all sites that write together: 0.8 of the pool's 7 MiB, or two blocks if that is less. */
const POOL_SHARE_BYTES = 0.8 * 7 * 1024 * 1024;
const LEAST_WINDOW_BYTES = 256 * 1024;
const PEERS_EACH = 50;
const WARM_SECONDS = 10;

/** One image at a time from site 0, so many; or many in flight, by some sites for some seconds; or so many files from site 0. */
export interface Mode {
  stores?: number;
  seconds?: number;
  files?: number;
  inFlight?: number;
  /** 1 unless given. */
  writers?: number;
}

export interface Scenario {
  sites: number;
  /** Not with `oneMachine`. */
  link?: Link;
  /** 1 unless given. */
  periodSeconds?: number;
  /** 3.68 MB unless given. */
  blockBytes?: number;
  /** To how many nodes, its own included, a server sends; all unless given. */
  fanOut?: number;
  /** All unless given. */
  signers?: number;
  mode: Mode;
  /** So many cores are shared by all, and no network lies between. */
  oneMachine?: number;
  seed?: number;
}

/** Latencies in seconds; traffic and disk of each node in bytes per image byte, CPU in seconds per MB. */
export interface Simulated {
  stored: number[];
  viewed: number[];
  /** Of the images that all others have seen, when the last of them did. */
  viewedBySlowest: number[];
  MBps: number | undefined;
  peerIn: number[];
  peerOut: number[];
  disk: number[];
  nodeCpu: number[];
  reorgsPerNode: number;
  /** The part of the blocks that came to nothing. */
  lostShare: number;
}

/** Runs one scenario: a consortium in a simulated world, sites that store on a chain, and what they then see. */
export function simulate(fitted: Fitted, scenario: Scenario): Simulated {
  const { sites, link, mode, oneMachine, periodSeconds = 1, blockBytes = 3.68 * MB, seed = 1 } = scenario;
  const { fanOut = sites, signers = sites } = scenario;
  const world = createWorld(seed);
  const writers = Math.min(sites, mode.writers ?? 1);
  const shared = oneMachine ? createHost(world, oneMachine - sites * fitted.idleCores, Infinity) : undefined;
  const own = ({ bytesPerSecond }: Link): Host => createHost(world, fitted.coresEach, bytesPerSecond);
  const linkOf = (i: number): Link => {
    if (!link) throw new Error('Sites on machines of their own need a link.');
    return link.slow && i === sites - 1 ? link.slow : link;
  };
  const hosts = Array.from({ length: sites }, (_, i) => shared ?? own(linkOf(i)));
  const latency = (i: number, j: number): number =>
    oneMachine || i === j ? 0 : Math.max(linkOf(i).latencySeconds, linkOf(j).latencySeconds);
  const chain = createChain(world, {
    nodes: sites,
    signers: Math.min(signers, sites),
    hosts,
    latency,
    peersEach: PEERS_EACH,
    periodSeconds,
    blockBytes,
    writers,
    cpu: fitted.cpu,
  });
  const windowBytes = Math.max(LEAST_WINDOW_BYTES, Math.min(2 * blockBytes, POOL_SHARE_BYTES) / writers);
  const servers = Array.from({ length: writers }, (_, w) =>
    createSimulatedServer({
      world,
      chain,
      hosts,
      latency,
      fitted,
      fanOut: Math.min(fanOut, sites),
      windowBytes,
      writer: w,
    }),
  );
  chain.onHead((node) => servers.forEach((server) => server.seen(node)));
  chain.start();

  const bodyBytes = fitted.imageBytes;
  let isOver = (): boolean => false;
  world.at(WARM_SECONDS, () => {
    if (mode.stores) oneByOne(mode.stores);
    else servers.forEach((server) => Array.from({ length: mode.inFlight ?? 1 }, () => again(server)));
  });
  function oneByOne(left: number): void {
    const image = servers[0]!.store(() => {
      // The next begins when all have seen this one, at another moment of the period.
      if (left > 1) world.after(world.random() * periodSeconds, () => oneByOne(left - 1));
    });
    if (left === 1) isOver = () => image.views.size === sites - 1 && image.storedSeconds !== undefined;
  }
  let files = mode.files ?? Infinity;
  function again(server: SimulatedServer): void {
    if (files-- > 0) server.store(() => again(server));
    else if (server.images.every(({ storedSeconds }) => storedSeconds !== undefined)) isOver = () => true;
  }
  world.run(mode.seconds ? WARM_SECONDS + mode.seconds : WARM_SECONDS + 1000 * periodSeconds, () => isOver());

  const images = servers.flatMap(({ images: of }) => of);
  const done = images.flatMap(({ storedSeconds, views }) =>
    storedSeconds === undefined ? [] : [{ storedSeconds, views }],
  );
  const inChain = bytesTaken(chain.nodes[0]!.head) / fitted.chainBytesPerByte;
  const steady = mode.seconds
    ? steadyRate(chain, { from: WARM_SECONDS + mode.seconds / 3, to: WARM_SECONDS + mode.seconds }) /
      fitted.chainBytesPerByte
    : undefined;
  const payload = Math.max(inChain, 1);
  return {
    stored: done.map(({ storedSeconds }) => storedSeconds),
    viewed: done.flatMap(({ views }) => [...views.values()]),
    viewedBySlowest: done
      .filter(({ views }) => views.size === sites - 1)
      .map(({ views }) => Math.max(...views.values())),
    MBps: mode.files
      ? (done.length * bodyBytes) / MB / (world.now - WARM_SECONDS)
      : steady === undefined
        ? undefined
        : steady / MB,
    peerIn: chain.nodes.map(({ peerIn }) => peerIn / payload),
    peerOut: chain.nodes.map(({ peerOut }, i) => peerOut / payload + (servers[i]?.rpcOut ?? 0) / payload),
    // Blocks that came to nothing stay on disk.
    disk: chain.nodes.map(
      ({ blocks: of }) => sum([...of].map(({ bytes }) => bytes)) / payload + fitted.diskBesideBlocks,
    ),
    nodeCpu: chain.nodes.map(({ cpuSeconds }) => cpuSeconds / (payload / MB)),
    reorgsPerNode: mean(chain.nodes.map(({ reorgs }) => reorgs)),
    lostShare: 1 - chain.nodes[0]!.head.number / chain.sealed,
  };
}

const createHost = (world: World, cores: number, bytesPerSecond: number): Host => ({
  cores: world.createResource(cores, 1),
  up: world.createResource(bytesPerSecond),
  down: world.createResource(bytesPerSecond),
});

/** From the head down, without the genesis. */
function blocksOf(head: SimulatedBlock): SimulatedBlock[] {
  const blocks: SimulatedBlock[] = [];
  for (let block = head; block.parent; block = block.parent) blocks.push(block);
  return blocks;
}

const bytesTaken = (head: SimulatedBlock): number => sum(blocksOf(head).map(({ bytes }) => bytes));

/** Bytes a second in blocks of that time. */
function steadyRate(chain: SimulatedChain, { from, to }: { from: number; to: number }): number {
  const blocks = blocksOf(chain.nodes[0]!.head).filter(({ time }) => time >= from && time < to);
  return sum(blocks.map(({ bytes }) => bytes)) / (to - from);
}
