import { exactly, KEY_BYTES } from './labels.js';
import { comparePlaces, isAtOrBelow, type Place, placeOf, prefixOf } from './place.js';
import type { Prefix, TreeNode } from './tree.js';

/** Tree nodes by their prefixes. A Map is one, too. */
export interface NodesByPlace extends Iterable<[Prefix, TreeNode]> {
  readonly size: number;
  has(prefix: Prefix): boolean;
  get(prefix: Prefix): TreeNode | undefined;
  keys(): Iterable<Prefix>;
  values(): Iterable<TreeNode>;
}

/** A tree node: its depth (u8), its prefix (u64, the bits that it lacks are zero), and its 32 bytes. */
export const ENTRY_BYTES = 1 + 8 + KEY_BYTES;
const HIGH_AT = 1;
const LOW_AT = 5;
const NODE_AT = 9;

/**
 * A ring as its entries in the order of places, in one buffer: where much was erased, hundreds of thousands of objects would slow the whole
 * process down, whose collector looks at each of them again and again. What is given out of it is a part of that buffer, and not to be changed.
 */
export class PackedRing implements NodesByPlace {
  /** @param entries In order, none below another. */
  constructor(readonly entries: Buffer) {}

  get size(): number {
    return this.entries.length / ENTRY_BYTES;
  }

  placeAt(index: number): Place {
    const at = index * ENTRY_BYTES;
    const { entries } = this;
    return {
      high: entries.readUInt32BE(at + HIGH_AT),
      low: entries.readUInt32BE(at + LOW_AT),
      depth: entries.readUInt8(at),
    };
  }

  nodeAt(index: number): TreeNode {
    return this.entries.subarray(index * ENTRY_BYTES + NODE_AT, (index + 1) * ENTRY_BYTES);
  }

  /** Which entry is at or above a place; -1 for none. */
  indexOver(place: Place): number {
    // All that lies between an entry and what is below it would be below it, too: so it is the last up to the place.
    let [from, to] = [0, this.size];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (comparePlaces(this.placeAt(middle), place) <= 0) from = middle + 1;
      else to = middle;
    }
    return from > 0 && isAtOrBelow(place, this.placeAt(from - 1)) ? from - 1 : -1;
  }

  get(prefix: Prefix): TreeNode | undefined {
    const index = this.indexOver(placeOf(prefix));
    return index >= 0 && this.placeAt(index).depth === prefix.length ? this.nodeAt(index) : undefined;
  }

  has(prefix: Prefix): boolean {
    return this.get(prefix) !== undefined;
  }

  *keys(): Generator<Prefix> {
    for (let index = 0; index < this.size; index++) yield prefixOf(this.placeAt(index));
  }

  *values(): Generator<TreeNode> {
    for (let index = 0; index < this.size; index++) yield this.nodeAt(index);
  }

  *[Symbol.iterator](): Generator<[Prefix, TreeNode]> {
    for (let index = 0; index < this.size; index++) yield [prefixOf(this.placeAt(index)), this.nodeAt(index)];
  }
}

/** A ring in this form; nodes below others are left out. */
export function packedRing(ring: NodesByPlace): PackedRing {
  if (ring instanceof PackedRing) return ring;
  const nodes = [...ring].map(([prefix, node]) => ({ place: placeOf(prefix), node }));
  const writer = createRingWriter(nodes.length);
  let upper: Place | undefined;
  for (const { place, node } of nodes.sort((one, other) => comparePlaces(one.place, other.place))) {
    if (upper && isAtOrBelow(place, upper)) continue;
    writer.add(place, node);
    upper = place;
  }
  return writer.ring();
}

/** Writes a ring entry by entry, in order. */
export interface RingWriter {
  add(place: Place, node: TreeNode): void;
  ring(): PackedRing;
}

/** @param entries How many they may become; more take longer. */
export function createRingWriter(entries: number): RingWriter {
  let bytes = Buffer.alloc(entries * ENTRY_BYTES);
  let at = 0;
  return {
    add: ({ high, low, depth }, node) => {
      if (at === bytes.length) bytes = Buffer.concat([bytes, Buffer.alloc(Math.max(at, 64 * ENTRY_BYTES))]);
      bytes.writeUInt8(depth, at);
      bytes.writeUInt32BE(high, at + HIGH_AT);
      bytes.writeUInt32BE(low, at + LOW_AT);
      bytes.set(exactly(KEY_BYTES, node), at + NODE_AT);
      at += ENTRY_BYTES;
    },
    // As large as it is, and no more.
    ring: () => new PackedRing(at === bytes.length ? bytes : Buffer.from(bytes.subarray(0, at))),
  };
}
