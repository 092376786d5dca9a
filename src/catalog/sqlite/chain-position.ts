import { LedgerError } from '../../base/errors.js';

/** More logs than fit a block: one costs 375 gas at least (Ethereum Yellow Paper, appendix G). */
const LOGS_PER_BLOCK = 2 ** 20;

/** Where an event stands on the chain, as one number that ascends with it and fits a double: block * 2^20 + log index. */
export function chainPosition(block: bigint, logIndex: number): number {
  if (logIndex >= LOGS_PER_BLOCK)
    throw new LedgerError(
      'internal',
      `Block ${block.toString()} has a log ${logIndex}; a catalogue takes ${LOGS_PER_BLOCK}.`,
    );
  return Number(block) * LOGS_PER_BLOCK + logIndex;
}

/** The block of a position. */
export const blockOf = (position: number): bigint => BigInt(Math.floor(position / LOGS_PER_BLOCK));
