import { RLP } from '@ethereumjs/rlp';
import { keccak256 } from '../ethereum/keccak256.js';
import { rlpListParts } from '../ethereum/rlp-list-parts.js';

type Node = Uint8Array | Node[];

/**
 * Root hash of the trie that maps rlp(index) to each value, as headers have it of transactions and receipts
 * (Yellow Paper §4.3.2, appendix D). Each value is hashed once.
 */
export function deriveRoot(values: readonly Uint8Array[]): Buffer {
  const entries = values
    .map((value, index) => ({ path: nibbles(RLP.encode(index)), value }))
    .sort((left, right) => Buffer.compare(left.path, right.path));
  return Buffer.from(keccak256(RLP.encode(entries.length === 0 ? new Uint8Array() : node(entries, 0))));
}

interface Entry {
  path: Uint8Array;
  value: Uint8Array;
}

function node(entries: Entry[], depth: number): Node {
  const [first] = entries as [Entry, ...Entry[]];
  if (entries.length === 1) return [hexPrefix(first.path.subarray(depth), true), first.value];

  const last = entries.at(-1)!;
  let shared = depth;
  while (first.path[shared] === last.path[shared]) shared++;
  if (shared > depth) return [hexPrefix(first.path.subarray(depth, shared), false), reference(node(entries, shared))];

  const branches: Node[] = Array.from({ length: 17 }, () => new Uint8Array());
  for (let from = 0; from < entries.length;) {
    const nibble = entries[from]!.path[depth]!;
    let to = from + 1;
    while (entries[to]?.path[depth] === nibble) to++;
    branches[nibble] = reference(node(entries.slice(from, to), depth + 1));
    from = to;
  }
  return branches;
}

function reference(child: Node): Node {
  // A transaction of 120 KB is not copied for its hash.
  if (isLongLeaf(child)) return keccak256(...rlpListParts(child));
  const bytes = RLP.encode(child);
  return bytes.length < 32 ? child : keccak256(bytes);
}

function isLongLeaf(child: Node): child is [Uint8Array, Uint8Array] {
  return child.length === 2 && child[0] instanceof Uint8Array && child[1] instanceof Uint8Array && child[1].length > 32;
}

function nibbles(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([...bytes].flatMap((byte) => [byte >> 4, byte & 15]));
}

function hexPrefix(path: Uint8Array, leaf: boolean): Uint8Array {
  const odd = path.length % 2;
  const flags = (leaf ? 2 : 0) + odd;
  const padded = odd === 1 ? [flags, ...path] : [flags, 0, ...path];
  return Uint8Array.from({ length: padded.length / 2 }, (_, index) => padded[2 * index]! * 16 + padded[2 * index + 1]!);
}
