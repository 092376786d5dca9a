import type { SimulatedNode } from './chain-parts.js';
import type { World } from './world.js';

/** Gives each node at least so many peers at random, in an order of its own; all others when there are no more. */
export function connectPeers(world: World, nodes: readonly SimulatedNode[], peersEach: number): void {
  const count = nodes.length;
  const peers = nodes.map(() => new Set<SimulatedNode>());
  const all = peersEach >= count - 1;
  for (const node of nodes) {
    const own = peers[node.i]!;
    for (let tries = 0; own.size < (all ? count - 1 : peersEach) && tries < 50 * count; tries++) {
      const other = nodes[all ? tries % count : Math.floor(world.random() * count)]!;
      if (other === node || (!all && peers[other.i]!.size >= peersEach)) continue;
      own.add(other);
      peers[other.i]!.add(node);
    }
  }
  for (const node of nodes) node.peers = shuffled(world, [...peers[node.i]!]);
}

function shuffled<T>(world: World, list: T[]): T[] {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(world.random() * (i + 1));
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
}
