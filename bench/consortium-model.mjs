// A consortium in a simulated world: sites that store on the chain of consortium-chain.mjs, and what they then see.
import { makeChain } from './consortium-chain.mjs';
import { makeWorld } from './consortium-world.mjs';
import { mean, sum } from './spread.mjs';

const MB = 1e6;
/** What a geth fetches from a peer at once (maxTxRetrievalSize); images go around in parcels of so many bytes. */
const parcelBytes = 128 * 1024;
/** What the server asks of a node at once (src/ledger/send/send-to-node.ts). */
const batchBytes = 1_900_000;
/** What is in flight for all sites that write together: 0.8 of the pool's 7 MiB, or two blocks if that is less. */
const poolShareBytes = 0.8 * 7 * 1024 * 1024;
const leastWindowBytes = 256 * 1024;

/**
 * Networks between the sites: bytes a second each way, and one way's seconds. `slow` is of one site that only reads.
 */
export const links = {
  LAN: { bytesPerSecond: 125e6, latencySeconds: 0.001 },
  WAN: { bytesPerSecond: 12.5e6, latencySeconds: 0.015 },
  'WAN, one site at 20 Mbit/s': {
    bytesPerSecond: 12.5e6,
    latencySeconds: 0.015,
    slow: { bytesPerSecond: 2.5e6, latencySeconds: 0.02 },
  },
};

/**
 * Runs one scenario. `fanOut` is how many nodes, its own included, a server sends to. `mode` is `{stores}`, one image at a
 * time from site 0, or `{seconds, inFlight, writers}`, or `{files, inFlight}`. With `oneMachine` cores, all share them and
 * no network lies between. Latencies in seconds; traffic in bytes per image byte.
 */
export function simulate(
  fitted,
  {
    sites,
    link,
    periodSeconds = 1,
    blockBytes = 3.68 * MB,
    fanOut = sites,
    signers = sites,
    mode,
    oneMachine,
    seed = 1,
  },
) {
  const world = makeWorld(seed);
  const writers = Math.min(sites, mode.writers ?? 1);
  const shared = oneMachine && makeHost(world, oneMachine - sites * fitted.idleCores, Infinity);
  const own = ({ bytesPerSecond }) => makeHost(world, fitted.coresEach, bytesPerSecond);
  const linkOf = (i) => (link?.slow && i === sites - 1 ? link.slow : link);
  const hosts = Array.from({ length: sites }, (_, i) => shared || own(linkOf(i)));
  const latency = (i, j) => (oneMachine || i === j ? 0 : Math.max(linkOf(i).latencySeconds, linkOf(j).latencySeconds));
  const chain = makeChain(world, {
    nodes: sites,
    signers: Math.min(signers, sites),
    hosts,
    latency,
    peersEach: 50,
    periodSeconds,
    blockBytes,
    writers,
    cpu: fitted.cpu,
  });
  const windowBytes = Math.max(leastWindowBytes, Math.min(2 * blockBytes, poolShareBytes) / writers);
  const apps = Array.from({ length: writers }, (_, w) =>
    openApp({ world, chain, hosts, latency, fitted, fanOut: Math.min(fanOut, sites), windowBytes, writer: w }),
  );
  chain.onHead((node) => apps.forEach((app) => app.seen(node)));
  chain.start();

  const bodyBytes = fitted.imageBytes;
  const warmSeconds = 10;
  let isOver = () => false;
  world.at(warmSeconds, () => {
    if (mode.stores) oneByOne(mode.stores);
    else apps.forEach((app) => Array.from({ length: mode.inFlight }, () => again(app)));
  });
  function oneByOne(left) {
    const image = apps[0].store(() => {
      // The next begins when all have seen this one, at another moment of the period.
      if (left > 1) world.after(world.random() * periodSeconds, () => oneByOne(left - 1));
    });
    if (left === 1) isOver = () => image.views.size === sites - 1 && image.storedSeconds !== undefined;
  }
  let files = mode.files ?? Infinity;
  function again(app) {
    if (files-- > 0) app.store(() => again(app));
    else if (app.images.every(({ storedSeconds }) => storedSeconds !== undefined)) isOver = () => true;
  }
  world.run(mode.seconds ? warmSeconds + mode.seconds : warmSeconds + 1000 * periodSeconds, () => isOver());

  const images = apps.flatMap(({ images: of }) => of);
  const done = images.filter(({ storedSeconds }) => storedSeconds !== undefined);
  const inChain = bytesTaken(chain, chain.nodes[0].head) / fitted.chainBytesPerByte;
  const steady = mode.seconds
    ? steadyRate(chain, { from: warmSeconds + mode.seconds / 3, to: warmSeconds + mode.seconds }) /
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
      ? (done.length * bodyBytes) / MB / (world.now - warmSeconds)
      : steady === undefined
        ? undefined
        : steady / MB,
    peerIn: chain.nodes.map(({ peerIn }) => peerIn / payload),
    peerOut: chain.nodes.map(({ peerOut }, i) => peerOut / payload + (apps[i]?.rpcOut ?? 0) / payload),
    // Blocks that came to nothing stay on disk.
    disk: chain.nodes.map(
      ({ blocks: of }) => sum([...of].map(({ bytes }) => bytes)) / payload + fitted.diskBesideBlocks,
    ),
    nodeCpu: chain.nodes.map(({ cpuSeconds }) => cpuSeconds / (payload / MB)),
    reorgsPerNode: mean(chain.nodes.map(({ reorgs }) => reorgs)),
    lostShare: 1 - chain.nodes[0].head.number / chain.sealed,
  };
}

const makeHost = (world, cores, bytesPerSecond) => ({
  cores: world.makeResource(cores, 1),
  up: world.makeResource(bytesPerSecond),
  down: world.makeResource(bytesPerSecond),
});

/** The server of one writing site: signs, sends to its nodes, answers at depth 2 on two nodes. */
function openApp({ world, chain, hosts, latency, fitted, fanOut, windowBytes, writer }) {
  const { nodes, parcels } = chain;
  const host = hosts[writer];
  const targets = Array.from({ length: fanOut }, (_, k) => ({
    node: nodes[(writer + k) % nodes.length],
    sent: 0,
    isSending: false,
  }));
  const queue = parcels[writer];
  const images = [];
  const waiting = [];
  let mined = 0;
  let bytesInFlight = 0;
  let firstOpen = 0;
  const viewedUpTo = new Array(nodes.length).fill(0);
  const app = { images, store, seen, rpcOut: 0 };

  function store(done) {
    const image = { begunAt: world.now, views: new Map(), done };
    const bytes = fitted.imageBytes * fitted.chainBytesPerByte;
    const head = fitted.headBytes;
    image.sizes = [head];
    for (let left = bytes - head; left > 1; left -= parcelBytes) image.sizes.push(Math.min(left, parcelBytes));
    images.push(image);
    world.work((fitted.imageBytes / MB) * fitted.cpu.serverPerMB, [host.cores], () => {
      image.parcelsLeft = [...image.sizes];
      waiting.push(image);
      fill();
    });
    return image;
  }

  /** Heads go ahead of all bulk; then image by image while the window has room. */
  function fill() {
    const isOpen = (bytes) => bytesInFlight === 0 || bytesInFlight + bytes <= windowBytes;
    for (const image of waiting)
      if (image.headIndex === undefined) image.headIndex = enqueue(image.parcelsLeft.shift());
    while (waiting.length > 0) {
      const [image] = waiting;
      if (image.parcelsLeft.length > 0 && !isOpen(image.parcelsLeft[0])) break;
      if (image.parcelsLeft.length > 0) image.lastIndex = enqueue(image.parcelsLeft.shift());
      else {
        image.lastIndex ??= image.headIndex;
        waiting.shift();
      }
    }
    targets.forEach(pump);
  }

  function enqueue(bytes) {
    bytesInFlight += bytes;
    return queue.push({ writer, index: queue.length, bytes }) - 1;
  }

  /** One batch at a time to each node, the next when that is answered. */
  function pump(target) {
    const { node } = target;
    target.sent = Math.max(target.sent, node.head.taken[writer]);
    if (target.isSending || target.sent >= queue.length) return;
    const batch = [];
    for (let bytes = 0; target.sent < queue.length && (batch.length === 0 || bytes < batchBytes); target.sent++) {
      const parcel = queue[target.sent];
      batch.push(parcel);
      bytes += parcel.bytes;
      if (batch.length === 1 && bytes < fitted.headBytes * 2) {
        target.sent++;
        break;
      }
    }
    target.isSending = true;
    const bytes = batch.reduce((total, parcel) => total + parcel.bytes, 0);
    const isLocal = node.host === host;
    const there = latency(writer, node.i);
    if (!isLocal) app.rpcOut += bytes * fitted.rpcBytesPerByte;
    world.work(bytes * fitted.cpu.send, [host.cores], () =>
      world.work(bytes * fitted.rpcBytesPerByte, isLocal ? [] : [host.up, node.host.down], () =>
        world.after(there, () => {
          take(node, batch, () =>
            world.after(there, () => {
              target.isSending = false;
              pump(target);
            }),
          );
        }),
      ),
    );
  }

  /** One after the other; no two nodes take the same time for it. */
  function take(node, [parcel, ...others], done) {
    const seconds = parcel.bytes * fitted.cpu.rpcIn * (0.5 + world.random());
    chain.compute(node, seconds, () => {
      chain.pooled(node, parcel);
      if (others.length > 0) take(node, others, done);
      else done();
    });
  }

  /** Called at each new head of each node. */
  function seen(node) {
    const taken = node.head.taken[writer];
    if (node.i !== writer)
      for (; viewedUpTo[node.i] < images.length; viewedUpTo[node.i]++) {
        const image = images[viewedUpTo[node.i]];
        if (image.headIndex === undefined || taken <= image.headIndex) break;
        image.views.set(node.i, world.now + fitted.viewSeconds - image.begunAt);
      }
    if (!targets.some((target) => target.node === node)) return;
    if (node.i === writer && taken > mined) {
      for (; mined < taken; mined++) bytesInFlight -= queue[mined].bytes;
      fill();
    }
    const depths = targets.map(({ node: { head } }) => (head.parent ?? head).taken[writer]).sort((a, b) => b - a);
    const deep = Math.min((nodes[writer].head.parent ?? nodes[writer].head).taken[writer], depths[1] ?? depths[0]);
    for (; firstOpen < images.length && deep > (images[firstOpen].lastIndex ?? Infinity); firstOpen++) {
      const image = images[firstOpen];
      world.after(fitted.answerSeconds, () => {
        image.storedSeconds = world.now - image.begunAt;
        image.done();
      });
    }
  }

  return app;
}

function* ancestors(block) {
  for (; block.parent; block = block.parent) yield block;
}
const blocksOf = (head) => [...ancestors(head)];
const bytesTaken = (chain, head) => blocksOf(head).reduce((total, { bytes }) => total + bytes, 0);
function steadyRate(chain, { from, to }) {
  const blocks = blocksOf(chain.nodes[0].head).filter(({ time }) => time >= from && time < to);
  return blocks.reduce((total, { bytes }) => total + bytes, 0) / (to - from);
}
