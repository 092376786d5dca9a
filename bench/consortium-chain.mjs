// Clique nodes of geth 1.13 in a simulated world: who seals when, how blocks and transactions get around, what that costs.
// Sources: consensus/clique/clique.go, miner/worker.go, eth/handler.go, eth/fetcher/{block,tx}_fetcher.go, core/forkchoice.go.

/** "blockAnnounce … before an announced block is explicitly requested", and the same for transactions. */
const announcedWaitSeconds = 0.5;
const wiggleSeconds = 0.5;
/** `--miner.recommit 1s`, and what passes before its clock starts: with a period of 1 s, sealing comes first. */
const recommitSeconds = 1.01;
/** More announcers of a transaction than these are not kept. */
const mostAnnouncers = 4;

/**
 * `hosts[i]` is where node i runs: `{cores, up, down}` resources. `latency(i, j)` in seconds. A parcel is a run of
 * transactions of one writer, `{writer, index, bytes}`, which goes around and into blocks as a whole.
 */
export function makeChain(
  world,
  { nodes: count, signers = count, hosts, latency, peersEach, periodSeconds, blockBytes, writers, cpu },
) {
  const genesis = {
    number: 0,
    time: 0,
    td: 0,
    bytes: 0,
    taken: new Array(writers).fill(0),
    parent: undefined,
    signer: -1,
  };
  const parcels = Array.from({ length: writers }, () => []);
  const nodes = Array.from({ length: count }, (_, i) => ({
    i,
    host: hosts[i],
    head: genesis,
    blocks: new Set([genesis]),
    waiting: new Set(),
    queue: [],
    seals: 0,
    pool: Array.from({ length: writers }, () => new Set()),
    poolCount: 0,
    knownBy: new Map(),
    wanted: new Map(),
    busyWith: new Set(),
    work: 0,
    peerIn: 0,
    peerOut: 0,
    reorgs: 0,
    cpuSeconds: 0,
  }));
  const listeners = [];
  let sealed = 0;
  connect();

  function connect() {
    for (const node of nodes) node.peers = new Set();
    const all = peersEach >= count - 1;
    for (const node of nodes)
      for (let tries = 0; node.peers.size < (all ? count - 1 : peersEach) && tries < 50 * count; tries++) {
        const other = all ? nodes[tries % count] : nodes[Math.floor(world.random() * count)];
        if (other === node || (!all && other.peers.size >= peersEach)) continue;
        node.peers.add(other);
        other.peers.add(node);
      }
    for (const node of nodes) node.peers = shuffled([...node.peers]);
  }

  function shuffled(list) {
    for (let i = list.length - 1; i > 0; i--) {
      const j = Math.floor(world.random() * (i + 1));
      [list[i], list[j]] = [list[j], list[i]];
    }
    return list;
  }

  /** `counted` is what the bytes took, without what each block takes. */
  function compute(node, seconds, done, counted = seconds) {
    node.cpuSeconds += counted;
    world.work(seconds, [node.host.cores], done);
  }

  /** Between peers; what is small goes past what is large. */
  function transfer(from, to, bytes, done) {
    from.peerOut += bytes;
    to.peerIn += bytes;
    const isLocal = from.host === to.host;
    world.work(bytes, isLocal ? [] : [from.host.up, to.host.down], () => world.after(latency(from.i, to.i), done));
  }

  /** The node has taken a parcel, by RPC or from a peer. */
  function pooled(node, parcel) {
    const pool = node.pool[parcel.writer];
    if (pool.has(parcel.index)) return;
    pool.add(parcel.index);
    node.poolCount++;
    for (const peer of node.peers) {
      if (has(peer, parcel) || (peer.wanted.get(parcel)?.from.length ?? 0) >= mostAnnouncers) continue;
      world.after(latency(node.i, peer.i), () => announced(peer, node, parcel));
    }
  }

  const has = (node, { writer, index }) => node.pool[writer].has(index) || node.head.taken[writer] > index;

  function announced(node, by, parcel) {
    if (has(node, parcel)) return;
    const wish = node.wanted.get(parcel);
    if (wish) return wish.from.length < mostAnnouncers && wish.from.push(by);
    node.wanted.set(parcel, { from: [by], isRipe: false });
    world.after(announcedWaitSeconds, () => {
      const ripe = node.wanted.get(parcel);
      if (ripe) ripe.isRipe = true;
      fetchParcels(node);
    });
  }

  /**
   * One request at a time to each peer. What has come by RPC meanwhile is asked for all the same: geth looks into its pool
   * when it hears of a transaction, and not again. Who has it in a block has it no more in the pool, and sends nothing.
   */
  function fetchParcels(node) {
    for (const [parcel, wish] of node.wanted) {
      const from = wish.isRipe && !wish.isAsked && wish.from.find((peer) => !node.busyWith.has(peer));
      if (!from) continue;
      wish.isAsked = true;
      node.busyWith.add(from);
      world.after(latency(node.i, from.i), () => {
        const isGone = from.head.taken[parcel.writer] > parcel.index;
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
  function fill(node, parent) {
    const taken = [...parent.taken];
    let bytes = 0;
    for (let isMore = true; isMore;) {
      isMore = false;
      for (let writer = 0; writer < writers; writer++) {
        const parcel = parcels[writer][taken[writer]];
        if (!parcel || !node.pool[writer].has(parcel.index) || bytes + parcel.bytes > blockBytes) continue;
        taken[writer]++;
        bytes += parcel.bytes;
        isMore = true;
      }
    }
    return { taken, bytes };
  }

  function hasSignedRecently(signer, parent) {
    let block = parent;
    for (let i = 0; i < Math.floor(signers / 2) && block.parent; i++, block = block.parent)
      if (block.signer === signer) return true;
    return false;
  }

  /** Each signer prepares the next block on each head, and again while transactions come. */
  function prepare(node) {
    if (node.i >= signers) return;
    const parent = node.head;
    const task = ++node.work;
    const begunAt = world.now;
    const poolCount = node.poolCount;
    const time = Math.max(parent.time + periodSeconds, Math.floor(world.now));
    const content = fill(node, parent);
    const built = () => {
      if (node.head !== parent || node.sealedOn === parent) return;
      world.at(begunAt + recommitSeconds, () => recommit(poolCount));
      if (hasSignedRecently(node.i, parent)) return;
      const isInTurn = (parent.number + 1) % signers === node.i;
      const wiggle = isInTurn ? 0 : world.random() * (Math.floor(signers / 2) + 1) * wiggleSeconds;
      const seal = ++node.seals;
      world.at(Math.max(time, world.now) + wiggle, () => {
        if (node.head === parent && node.sealedOn !== parent && node.seals === seal)
          sealBlock(node, { parent, time, isInTurn, ...content });
      });
    };
    const byteSeconds = content.bytes * cpu.build;
    compute(node, cpu.blockSeconds + byteSeconds, built, byteSeconds);

    function recommit(before) {
      // The one that is sealed already ends this in a moment.
      if (node.head !== parent || node.work !== task || node.sealedOn === parent) return;
      if (node.poolCount > before) prepare(node);
      else world.after(recommitSeconds, () => recommit(before));
    }
  }

  function sealBlock(node, { parent, time, isInTurn, taken, bytes }) {
    const td = parent.td + (isInTurn ? 2 : 1);
    const block = { number: parent.number + 1, time, td, bytes, taken, parent, signer: node.i, isInTurn };
    sealed++;
    node.sealedOn = parent;
    node.blocks.add(block);
    compute(node, bytes * cpu.commit, () => {
      propagate(node, block);
      announce(node, block);
      follow(node, block);
    });
  }

  const knowersOf = (node, block) => {
    if (!node.knownBy.has(block)) node.knownBy.set(block, new Set());
    return node.knownBy.get(block);
  };

  function propagate(node, block) {
    const knowers = knowersOf(node, block);
    const without = node.peers.filter((peer) => !knowers.has(peer));
    for (const peer of without.slice(0, Math.floor(Math.sqrt(without.length)))) sendBlock(node, peer, block);
  }

  function sendBlock(from, to, block) {
    knowersOf(from, block).add(to);
    transfer(from, to, block.bytes + 700, () => received(to, from, block));
  }

  function announce(node, block) {
    const knowers = knowersOf(node, block);
    for (const peer of node.peers) {
      if (knowers.has(peer)) continue;
      knowers.add(peer);
      world.after(latency(node.i, peer.i), () => {
        knowersOf(peer, block).add(node);
        if (peer.blocks.has(block) || peer.waiting.has(block)) return;
        world.after(announcedWaitSeconds, () => {
          if (peer.blocks.has(block) || peer.waiting.has(block)) return;
          peer.waiting.add(block);
          // Header first, then body: three ways before the bytes come.
          world.after(3 * latency(node.i, peer.i), () => sendBlock(node, peer, block));
        });
      });
    }
  }

  const knows = (node, block) => node.blocks.has(block) || node.queue.includes(block) || node.current === block;

  function received(node, from, block) {
    knowersOf(node, block).add(from);
    if (knows(node, block)) return;
    node.waiting.add(block);
    if (!knows(node, block.parent)) {
      // As its downloader does: what is missing comes from whoever sent the block.
      const gap = block.parent;
      if (!node.waiting.has(gap)) {
        node.waiting.add(gap);
        world.after(latency(node.i, from.i), () => sendBlock(from, node, gap));
      }
    } else propagate(node, block);
    node.queue.push(block);
    importNext(node);
  }

  function importNext(node) {
    if (node.current) return;
    const i = node.queue.findIndex((block) => node.blocks.has(block.parent));
    if (i === -1) return;
    const [block] = node.queue.splice(i, 1);
    node.current = block;
    const imported = () => {
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

  function follow(node, block) {
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
    onHead: (listener) => listeners.push(listener),
    start: () => nodes.forEach(prepare),
  };
}
