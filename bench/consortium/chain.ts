import type { ChainOptions, Parcel, SimulatedBlock, SimulatedChain, SimulatedNode } from './chain-parts.js';
import { connectPeers } from './connect-peers.js';
import type { World } from './world.js';

/** "blockAnnounce … before an announced block is explicitly requested", and the same for transactions. */
const ANNOUNCED_WAIT_SECONDS = 0.5;
const WIGGLE_SECONDS = 0.5;
/** `--miner.recommit 1s`, and what passes before its clock starts: with a period of 1 s, sealing comes first. */
const RECOMMIT_SECONDS = 1.01;
/** More announcers of a transaction than these are not kept. */
const MOST_ANNOUNCERS = 4;

/**
 * Clique nodes of geth 1.13 in a simulated world: who seals when, how blocks and transactions get around, what that costs.
 * Sources: consensus/clique/clique.go, miner/worker.go, eth/handler.go, eth/fetcher/{block,tx}_fetcher.go, core/forkchoice.go.
 */
export function createChain(world: World, options: ChainOptions): SimulatedChain {
  const { nodes: count, signers = count, hosts, latency, peersEach, periodSeconds, blockBytes, writers, cpu } = options;
  const genesis: SimulatedBlock = {
    ...{ number: 0, time: 0, td: 0, bytes: 0, taken: new Array<number>(writers).fill(0) },
    ...{ parent: undefined, signer: -1 },
  };
  const parcels = Array.from({ length: writers }, (): Parcel[] => []);
  const nodes = Array.from({ length: count }, (_, i): SimulatedNode => ({
    ...{ i, host: hosts[i]!, head: genesis, blocks: new Set([genesis]), waiting: new Set(), queue: [] },
    ...{ current: undefined, seals: 0, sealedOn: undefined, poolCount: 0, work: 0 },
    ...{ pool: Array.from({ length: writers }, () => new Set<number>()), knownBy: new Map(), wanted: new Map() },
    ...{ busyWith: new Set(), peerIn: 0, peerOut: 0, reorgs: 0, cpuSeconds: 0, peers: [] },
  }));
  const listeners: ((node: SimulatedNode) => void)[] = [];
  let sealed = 0;
  connectPeers(world, nodes, peersEach);

  /** `counted` is what the bytes took, without what each block takes. */
  function compute(node: SimulatedNode, seconds: number, done: () => void, counted = seconds): void {
    node.cpuSeconds += counted;
    world.work(seconds, [node.host.cores], done);
  }

  /** Between peers; what is small goes past what is large. */
  function transfer(from: SimulatedNode, to: SimulatedNode, bytes: number, done: () => void): void {
    from.peerOut += bytes;
    to.peerIn += bytes;
    const isLocal = from.host === to.host;
    world.work(bytes, isLocal ? [] : [from.host.up, to.host.down], () => world.after(latency(from.i, to.i), done));
  }

  /** The node has taken a parcel, by RPC or from a peer. */
  function pooled(node: SimulatedNode, parcel: Parcel): void {
    const pool = node.pool[parcel.writer]!;
    if (pool.has(parcel.index)) return;
    pool.add(parcel.index);
    node.poolCount++;
    for (const peer of node.peers) {
      if (has(peer, parcel) || (peer.wanted.get(parcel)?.from.length ?? 0) >= MOST_ANNOUNCERS) continue;
      world.after(latency(node.i, peer.i), () => announced(peer, node, parcel));
    }
  }

  const has = (node: SimulatedNode, { writer, index }: Parcel): boolean =>
    node.pool[writer]!.has(index) || node.head.taken[writer]! > index;

  function announced(node: SimulatedNode, by: SimulatedNode, parcel: Parcel): void {
    if (has(node, parcel)) return;
    const wish = node.wanted.get(parcel);
    if (wish) {
      if (wish.from.length < MOST_ANNOUNCERS) wish.from.push(by);
      return;
    }
    node.wanted.set(parcel, { from: [by], isRipe: false });
    world.after(ANNOUNCED_WAIT_SECONDS, () => {
      const ripe = node.wanted.get(parcel);
      if (ripe) ripe.isRipe = true;
      fetchParcels(node);
    });
  }

  /**
   * One request at a time to each peer. What has come by RPC meanwhile is asked for all the same: geth looks into its pool
   * when it hears of a transaction, and not again. Who has it in a block has it no more in the pool, and sends nothing.
   */
  function fetchParcels(node: SimulatedNode): void {
    for (const [parcel, wish] of node.wanted) {
      if (!wish.isRipe || wish.isAsked) continue;
      const from = wish.from.find((peer) => !node.busyWith.has(peer));
      if (!from) continue;
      wish.isAsked = true;
      node.busyWith.add(from);
      world.after(latency(node.i, from.i), () => {
        const isGone = from.head.taken[parcel.writer]! > parcel.index;
        transfer(from, node, isGone ? 0 : parcel.bytes, () => {
          node.busyWith.delete(from);
          node.wanted.delete(parcel);
          if (!isGone) compute(node, parcel.bytes * cpu.fetched, () => pooled(node, parcel));
          fetchParcels(node);
        });
      });
    }
  }

  /** What fits, each writer's parcels in their order, writers in turns. */
  function fill(node: SimulatedNode, parent: SimulatedBlock): { taken: number[]; bytes: number } {
    const taken = [...parent.taken];
    let bytes = 0;
    for (let isMore = true; isMore;) {
      isMore = false;
      for (let writer = 0; writer < writers; writer++) {
        const parcel = parcels[writer]![taken[writer]!];
        if (!parcel || !node.pool[writer]!.has(parcel.index) || bytes + parcel.bytes > blockBytes) continue;
        taken[writer]!++;
        bytes += parcel.bytes;
        isMore = true;
      }
    }
    return { taken, bytes };
  }

  function hasSignedRecently(signer: number, parent: SimulatedBlock): boolean {
    let block = parent;
    for (let i = 0; i < Math.floor(signers / 2) && block.parent; i++, block = block.parent)
      if (block.signer === signer) return true;
    return false;
  }

  /** Each signer prepares the next block on each head, and again while transactions come. */
  function prepare(node: SimulatedNode): void {
    if (node.i >= signers) return;
    const parent = node.head;
    const task = ++node.work;
    const begunAt = world.now;
    const poolCount = node.poolCount;
    const time = Math.max(parent.time + periodSeconds, Math.floor(world.now));
    const content = fill(node, parent);
    const built = (): void => {
      if (node.head !== parent || node.sealedOn === parent) return;
      world.at(begunAt + RECOMMIT_SECONDS, () => recommit(poolCount));
      if (hasSignedRecently(node.i, parent)) return;
      const isInTurn = (parent.number + 1) % signers === node.i;
      const wiggle = isInTurn ? 0 : world.random() * (Math.floor(signers / 2) + 1) * WIGGLE_SECONDS;
      const seal = ++node.seals;
      world.at(Math.max(time, world.now) + wiggle, () => {
        if (node.head === parent && node.sealedOn !== parent && node.seals === seal)
          sealBlock(node, { parent, time, td: parent.td + (isInTurn ? 2 : 1), ...content });
      });
    };
    const byteSeconds = content.bytes * cpu.build;
    compute(node, cpu.blockSeconds + byteSeconds, built, byteSeconds);

    function recommit(before: number): void {
      // The one that is sealed already ends this in a moment.
      if (node.head !== parent || node.work !== task || node.sealedOn === parent) return;
      if (node.poolCount > before) prepare(node);
      else world.after(RECOMMIT_SECONDS, () => recommit(before));
    }
  }

  function sealBlock(
    node: SimulatedNode,
    content: Pick<SimulatedBlock, 'time' | 'td' | 'taken' | 'bytes'> & { parent: SimulatedBlock },
  ): void {
    const { parent, bytes } = content;
    const block: SimulatedBlock = { ...content, number: parent.number + 1, signer: node.i };
    sealed++;
    node.sealedOn = parent;
    node.blocks.add(block);
    compute(node, bytes * cpu.commit, () => {
      propagate(node, block);
      announce(node, block);
      follow(node, block);
    });
  }

  function knowersOf(node: SimulatedNode, block: SimulatedBlock): Set<SimulatedNode> {
    const known = node.knownBy.get(block);
    if (known) return known;
    const knowers = new Set<SimulatedNode>();
    node.knownBy.set(block, knowers);
    return knowers;
  }

  function propagate(node: SimulatedNode, block: SimulatedBlock): void {
    const knowers = knowersOf(node, block);
    const without = node.peers.filter((peer) => !knowers.has(peer));
    for (const peer of without.slice(0, Math.floor(Math.sqrt(without.length)))) sendBlock(node, peer, block);
  }

  function sendBlock(from: SimulatedNode, to: SimulatedNode, block: SimulatedBlock): void {
    knowersOf(from, block).add(to);
    transfer(from, to, block.bytes + 700, () => received(to, from, block));
  }

  function announce(node: SimulatedNode, block: SimulatedBlock): void {
    const knowers = knowersOf(node, block);
    for (const peer of node.peers) {
      if (knowers.has(peer)) continue;
      knowers.add(peer);
      world.after(latency(node.i, peer.i), () => {
        knowersOf(peer, block).add(node);
        if (peer.blocks.has(block) || peer.waiting.has(block)) return;
        world.after(ANNOUNCED_WAIT_SECONDS, () => {
          if (peer.blocks.has(block) || peer.waiting.has(block)) return;
          peer.waiting.add(block);
          // Header first, then body: three ways before the bytes come.
          world.after(3 * latency(node.i, peer.i), () => sendBlock(node, peer, block));
        });
      });
    }
  }

  const knows = (node: SimulatedNode, block: SimulatedBlock): boolean =>
    node.blocks.has(block) || node.queue.includes(block) || node.current === block;

  function received(node: SimulatedNode, from: SimulatedNode, block: SimulatedBlock): void {
    knowersOf(node, block).add(from);
    if (knows(node, block)) return;
    node.waiting.add(block);
    const gap = block.parent!;
    if (!knows(node, gap)) {
      // As its downloader does: what is missing comes from whoever sent the block.
      if (!node.waiting.has(gap)) {
        node.waiting.add(gap);
        world.after(latency(node.i, from.i), () => sendBlock(from, node, gap));
      }
    } else propagate(node, block);
    node.queue.push(block);
    importNext(node);
  }

  function importNext(node: SimulatedNode): void {
    if (node.current) return;
    const i = node.queue.findIndex((block) => node.blocks.has(block.parent!));
    if (i === -1) return;
    const block = node.queue.splice(i, 1)[0]!;
    node.current = block;
    const imported = (): void => {
      node.current = undefined;
      node.blocks.add(block);
      node.waiting.delete(block);
      announce(node, block);
      follow(node, block);
      importNext(node);
    };
    const byteSeconds = block.bytes * cpu.import;
    compute(node, cpu.blockSeconds + byteSeconds, imported, byteSeconds);
  }

  function follow(node: SimulatedNode, block: SimulatedBlock): void {
    const { head } = node;
    const isTie = block.td === head.td;
    const isBetter = block.td > head.td || (isTie && (block.number < head.number || world.random() < 0.5));
    if (!isBetter || block === head) return;
    if (block.parent !== head) node.reorgs++;
    node.head = block;
    listeners.forEach((listener) => listener(node));
    prepare(node);
  }

  return {
    nodes,
    parcels,
    pooled,
    compute,
    get sealed() {
      return sealed;
    },
    onHead: (listener) => void listeners.push(listener),
    start: () => nodes.forEach(prepare),
  };
}
