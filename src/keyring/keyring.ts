import type { Ring } from '../secrecy/ring.js';
import type { RingsOwner } from '../secrecy/rings-file.js';
import type { Prefix, StudyNode } from '../secrecy/tree.js';
import type { Numbers } from './numbers.js';

/** Which ring it is, in this consortium. */
export interface RingName {
  /** The site whose ring it is. */
  siteId: number;
  /** 16 bytes. */
  ringId: Buffer;
}

/** A ring of this site, from the day that it was made. */
export interface OwnRing {
  /** 16 random bytes. */
  ringId: Buffer;
  /** What the chain is told when the ring is opened: 32 bytes. */
  commitment: Buffer;
  /** The year (UTC) in which it was made. */
  year: number;
  /** The other sites that it was made for, by number, rising; none: this site alone. */
  audience: number[];
}

/** A ring that is held, without its keys. */
export interface RingSummary extends RingName {
  /** Whether everything of it can be read: its root is held. */
  isWhole: boolean;
  treeNodes: number;
}

/** What has happened to a ring that is held; it is on the disk already. */
export type KeyringChange = RingName & {
  /** More of it can be read, or less. */
  kind: 'merged' | 'punctured';
};

/** How the key of the ring file is kept. */
export type WrappingKind = 'command' | 'passphrase' | 'none';

/** The keys that a server holds, and the numbers that it gives. All that is resolved is durable. */
export interface Keyring extends Numbers {
  /** Chain, consortium and site whose keyring it is. */
  readonly owner: RingsOwner;
  readonly wrapping: WrappingKind;
  /** The ring that is announced under. Undefined before the first `writeTo`, and after a restore. */
  readonly writing: OwnRing | undefined;
  /** Whether another ring is to be written to: there is none, it was made in an earlier year (UTC), or for another audience than this (none unless given). */
  isDue(now: Date, audience?: readonly number[]): boolean;
  /**
   * A ring of this year for that audience, which is kept and not written to yet: one that was made before, also one that was written to meanwhile, or
   * a new one. So whoever was interrupted goes on: open it on the chain, have it acknowledged, then `writeTo` it.
   */
  newRing(now: Date, audience?: readonly number[]): Promise<OwnRing>;
  /** From now on this ring is announced under, which the chain has as opened. Throws `internal` when it isn't one that `newRing` has given. */
  writeTo(ringId: Buffer): Promise<void>;
  /** `newRing` gives this one no more: others than its audience have it. Its keys stay. */
  setAside(ringId: Buffer): Promise<void>;
  /** All rings, by site and ring. */
  rings(): RingSummary[];
  /** What is held of a ring, for a letter; undefined when nothing is. Not to be changed. */
  ringOf(ring: RingName): Ring | undefined;
  /** A study's node, out of a bounded cache; undefined when it was erased, or never given. Not to be changed. */
  studyNode(ring: RingName, studyKey: bigint): StudyNode | undefined;
  /**
   * Takes in what a letter or a backup brings of a ring, once all that was erased is out of it. Throws `conflict` when it contradicts
   * what is held; nothing is taken in then.
   */
  merge(ring: RingName, incoming: Ring, options: { erased: Iterable<Prefix> }): Promise<void>;
  /** Takes out of a ring, or of all rings of a site, all from which something at or below the prefixes could be derived. */
  puncture(rings: { siteId: number; ringId?: Buffer }, prefixes: readonly Prefix[]): Promise<void>;
  /** Calls back for each ring that has changed. Gives back what ends that. */
  onChange(listener: (change: KeyringChange) => void): () => void;
  /** Sentences for `/readyz` with the command to run, until the rings of today have a backup whose key is kept twice. */
  warnings(): Promise<string[]>;
  close(): Promise<void>;
}
