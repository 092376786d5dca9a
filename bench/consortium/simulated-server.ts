import { sum } from '../statistics.js';
import type { Host, Parcel, SimulatedChain, SimulatedNode } from './chain-parts.js';
import type { Fitted } from './fitted.js';
import type { World } from './world.js';

const MB = 1e6;
/** What a geth fetches from a peer at once (maxTxRetrievalSize); images go around in parcels of so many bytes. */
const PARCEL_BYTES = 128 * 1024;
/** What the server asks of a node at once (src/ledger/send/send-to-node.ts). */
const BATCH_BYTES = 1_900_000;

/** An image on its way; indexes are of the writer's parcels. */
export interface SimulatedImage {
  begunAt: number;
  /** When another site could show it, by the number of its node: seconds. */
  readonly views: Map<number, number>;
  /** Called when the store is answered. */
  readonly done: () => void;
  storedSeconds?: number;
  headIndex?: number;
  lastIndex?: number | undefined;
}

/** An image, and the bytes of those of its parcels that are not queued yet. */
interface Waiting {
  image: SimulatedImage;
  parcelsLeft: number[];
}

/** A node that is sent to, and how many parcels it was sent. */
interface Target {
  node: SimulatedNode;
  sent: number;
  isSending: boolean;
}

export interface SimulatedServer {
  readonly images: readonly SimulatedImage[];
  /** Bytes that have left the site for nodes of others. */
  rpcOut: number;
  /** Begins to store an image; `done` is called when that is answered. */
  store(done: () => void): SimulatedImage;
  /** Called at each new head of each node. */
  seen(node: SimulatedNode): void;
}

export interface SimulatedServerOptions {
  world: World;
  chain: SimulatedChain;
  hosts: readonly Host[];
  latency: (from: number, to: number) => number;
  fitted: Fitted;
  /** How many nodes it sends to. */
  fanOut: number;
  /** Most bytes that it has on their way. */
  windowBytes: number;
  writer: number;
}

/** The server of one writing site: signs, sends to its nodes, answers at depth 2 on two nodes. */
export function createSimulatedServer(options: SimulatedServerOptions): SimulatedServer {
  const { world, chain, hosts, latency, fitted, fanOut, windowBytes, writer } = options;
  const { nodes, parcels } = chain;
  const host = hosts[writer]!;
  const targets = Array.from({ length: fanOut }, (_, k): Target => ({
    node: nodes[(writer + k) % nodes.length]!,
    sent: 0,
    isSending: false,
  }));
  const queue = parcels[writer]!;
  const images: SimulatedImage[] = [];
  const waiting: Waiting[] = [];
  let mined = 0;
  let bytesInFlight = 0;
  let firstOpen = 0;
  const viewedUpTo = new Array<number>(nodes.length).fill(0);
  const server: SimulatedServer = { images, store, seen, rpcOut: 0 };

  function store(done: () => void): SimulatedImage {
    const image: SimulatedImage = { begunAt: world.now, views: new Map(), done };
    const bytes = fitted.imageBytes * fitted.chainBytesPerByte;
    const head = fitted.headBytes;
    const sizes = [head];
    for (let left = bytes - head; left > 1; left -= PARCEL_BYTES) sizes.push(Math.min(left, PARCEL_BYTES));
    images.push(image);
    world.work((fitted.imageBytes / MB) * fitted.cpu.serverPerMB, [host.cores], () => {
      waiting.push({ image, parcelsLeft: sizes });
      fill();
    });
    return image;
  }

  /** Heads go ahead of all bulk; then image by image while the window has room. */
  function fill(): void {
    const isOpen = (bytes: number): boolean => bytesInFlight === 0 || bytesInFlight + bytes <= windowBytes;
    for (const { image, parcelsLeft } of waiting)
      if (image.headIndex === undefined) image.headIndex = enqueue(parcelsLeft.shift()!);
    for (let first = waiting[0]; first; first = waiting[0]) {
      const { image, parcelsLeft } = first;
      const next = parcelsLeft[0];
      if (next === undefined) {
        image.lastIndex ??= image.headIndex;
        waiting.shift();
      } else {
        if (!isOpen(next)) break;
        image.lastIndex = enqueue(next);
        parcelsLeft.shift();
      }
    }
    targets.forEach(pump);
  }

  function enqueue(bytes: number): number {
    bytesInFlight += bytes;
    return queue.push({ writer, index: queue.length, bytes }) - 1;
  }

  /** One batch at a time to each node, the next when that is answered. */
  function pump(target: Target): void {
    const { node } = target;
    target.sent = Math.max(target.sent, node.head.taken[writer]!);
    if (target.isSending || target.sent >= queue.length) return;
    const batch: Parcel[] = [];
    for (let bytes = 0; target.sent < queue.length && (batch.length === 0 || bytes < BATCH_BYTES); target.sent++) {
      const parcel = queue[target.sent]!;
      batch.push(parcel);
      bytes += parcel.bytes;
      if (batch.length === 1 && bytes < fitted.headBytes * 2) {
        target.sent++;
        break;
      }
    }
    target.isSending = true;
    const bytes = sum(batch.map((parcel) => parcel.bytes));
    const isLocal = node.host === host;
    const there = latency(writer, node.i);
    if (!isLocal) server.rpcOut += bytes * fitted.rpcBytesPerByte;
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
  function take(node: SimulatedNode, [parcel, ...others]: readonly Parcel[], done: () => void): void {
    if (!parcel) return done();
    const seconds = parcel.bytes * fitted.cpu.rpcIn * (0.5 + world.random());
    chain.compute(node, seconds, () => {
      chain.pooled(node, parcel);
      take(node, others, done);
    });
  }

  /** Called at each new head of each node. */
  function seen(node: SimulatedNode): void {
    const taken = node.head.taken[writer]!;
    if (node.i !== writer)
      for (; viewedUpTo[node.i]! < images.length; viewedUpTo[node.i]!++) {
        const image = images[viewedUpTo[node.i]!]!;
        if (image.headIndex === undefined || taken <= image.headIndex) break;
        image.views.set(node.i, world.now + fitted.viewSeconds - image.begunAt);
      }
    if (!targets.some((target) => target.node === node)) return;
    if (node.i === writer && taken > mined) {
      for (; mined < taken; mined++) bytesInFlight -= queue[mined]!.bytes;
      fill();
    }
    const deepAt = ({ head }: SimulatedNode): number => (head.parent ?? head).taken[writer]!;
    const depths = targets.map((target) => deepAt(target.node)).sort((one, other) => other - one);
    const deep = Math.min(deepAt(nodes[writer]!), depths[1] ?? depths[0]!);
    for (; firstOpen < images.length && deep > (images[firstOpen]!.lastIndex ?? Infinity); firstOpen++) {
      const image = images[firstOpen]!;
      world.after(fitted.answerSeconds, () => {
        image.storedSeconds = world.now - image.begunAt;
        image.done();
      });
    }
  }

  return server;
}
