import { RLP } from '@ethereumjs/rlp';

type Item = Uint8Array | Item[];

/**
 * Those of the new trie `nodes` (by hash in hex) that can be reached from `roots`. Putting many keys one after the other
 * leaves a node for each step; only the last ones are worth a place on disk.
 */
export function reachableNodes(
  nodes: ReadonlyMap<string, Uint8Array>,
  roots: readonly Uint8Array[],
): Map<string, Uint8Array> {
  const reached = new Map<string, Uint8Array>();
  const waiting = roots.map((root) => Buffer.from(root).toString('hex'));
  for (let hash = waiting.pop(); hash !== undefined; hash = waiting.pop()) {
    const node = nodes.get(hash);
    if (node === undefined || reached.has(hash)) continue;
    reached.set(hash, node);
    for (const child of children(RLP.decode(node) as Item[]))
      if (child instanceof Uint8Array && child.length === 32) waiting.push(Buffer.from(child).toString('hex'));
  }
  return reached;
}

/** What a node refers to: sixteen branches, or an extension's one. A child shorter than a hash lies in the node itself. */
function children(node: Item[]): Item[] {
  if (node.length === 17) return node.slice(0, 16);
  const [path, next] = node as [Uint8Array, Item];
  const isLeaf = (path[0]! & 0x20) !== 0;
  return isLeaf ? [] : [next];
}
