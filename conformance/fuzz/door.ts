import type { Choices } from './choices.js';

/** What one turn sends through a door: bytes, and what is to be known of them to use and to repeat them. */
export interface Input {
  label: string;
  bytes: Buffer;
}

/** A way into the program under test. */
export interface Door {
  /** Inputs under way at the same time; 1 unless given. */
  lanes?: number;
  /** Makes input `number` of choices alone. */
  make(random: Choices, number: number): Input | Promise<Input>;
  /** Sends an input through; rejects with a Find, or with anything else that has been thrown, when something is wrong. */
  run(input: Input): Promise<unknown>;
  /** Looks whether everything behind the door is still in order; after each 1000 inputs and at the end. */
  inspect?(): Promise<void>;
  close(): Promise<unknown>;
}
