import type { Hex } from '../ethereum/hex.js';

/**
 * Values that a contract has written into an event (Contract ABI Specification): words of 32 bytes, and of what has no fixed size the
 * place where it begins. Each reading throws for what lies beyond the end; numbers beyond 2^53 are rounded.
 */
export interface EventValues {
  /** A `bytes32`. */
  bytes32(word: number): Hex;
  /** An unsigned integer. */
  number(word: number): number;
  /** The same, whole. */
  bigint(word: number): bigint;
  /** What begins where this word says, with words of its own. */
  at(word: number): EventValues;
  /** An `address[]`, as what begins at a place. */
  addresses(): Hex[];
  /** A `string`, as what begins at a place. What is no UTF-8 is shown as U+FFFD: whoever wrote it is to stop nobody. */
  text(): string;
}

const WORD_DIGITS = 64;
/** The digits of a word before those of its address. */
const ADDRESS_FROM = 24;

/** Reads the data of a log, or one of its topics. */
export function eventValues(data: Hex): EventValues {
  return valuesFrom(data, 2);
}

/** An indexed value. */
export function topicNumber(topic: Hex | undefined): number {
  return eventValues(topic ?? '0x').number(0);
}

/** An indexed `address`. */
export function topicAddress(topic: Hex | undefined): Hex {
  return addressOf(eventValues(topic ?? '0x').bytes32(0));
}

/** `start` is in digits. */
function valuesFrom(data: Hex, start: number): EventValues {
  const digits = (from: number, count: number): string => {
    if (from + count > data.length)
      throw new Error(`an event has ${data.length / 2 - 1} bytes, too few for its values`);
    return data.slice(from, from + count).toLowerCase();
  };
  const bytes32 = (word: number): Hex => `0x${digits(start + word * WORD_DIGITS, WORD_DIGITS)}`;
  const number = (word: number): number => Number(bytes32(word));
  return {
    bytes32,
    number,
    bigint: (word) => BigInt(bytes32(word)),
    at: (word) => valuesFrom(data, start + 2 * number(word)),
    addresses: () => {
      const count = number(0);
      const words = digits(start + WORD_DIGITS, count * WORD_DIGITS);
      return Array.from({ length: count }, (_, i) =>
        addressOf(`0x${words.slice(i * WORD_DIGITS, (i + 1) * WORD_DIGITS)}`),
      );
    },
    text: () => Buffer.from(digits(start + WORD_DIGITS, 2 * number(0)), 'hex').toString('utf8'),
  };
}

function addressOf(word: Hex): Hex {
  return `0x${word.slice(2 + ADDRESS_FROM)}`;
}
