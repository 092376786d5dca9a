import type { RawNode } from './raw-node.js';

export interface BlockFigures {
  byteCount: number;
  /** Gas used, as a part of the limit. */
  fill: number;
  /** Seconds since 1970. */
  timestamp: number;
  transactions: number;
}

export interface Blocks {
  count: number;
  /** Those without a transaction. */
  empty: number;
  blocks: BlockFigures[];
}

/** The blocks after `from` up to `to`: how many had anything, how large, and how full of gas. */
export async function blocksBetween(node: RawNode, from: number, to: number): Promise<Blocks> {
  const blocks: BlockFigures[] = [];
  for (let number = from + 1; number <= to; number++) {
    const { size, gasUsed, gasLimit, timestamp, transactions } = await node.block(number);
    blocks.push({
      byteCount: Number(size),
      fill: Number(gasUsed) / Number(gasLimit),
      timestamp: Number(timestamp),
      transactions: transactions.length,
    });
  }
  return { count: blocks.length, empty: blocks.filter(({ transactions }) => transactions === 0).length, blocks };
}
