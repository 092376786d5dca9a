import { lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { sum } from '../statistics.js';

/** Bytes on the disk by what they are for. */
export type BytesByKind = Record<string, number>;
type Kinds = readonly (readonly [name: string, pattern: RegExp])[];

/** In `stat`, blocks are of 512 bytes (stat(2)). */
const STAT_BLOCK_BYTES = 512;

const NODE_KINDS: Kinds = [
  ['database: write-ahead log', /^geth\/chaindata\/\d+\.log$/],
  ['database: ancient blocks', /^geth\/chaindata\/ancient\//],
  ['database: tables', /^geth\/chaindata\//],
  ["geth's text log", /^geth\.log$/],
];
const SITE_KINDS: Kinds = [
  ['catalogue', /^catalog\.sqlite/],
  ['cache', /^cache\//],
  ['spool', /^spool\//],
  ['outbox', /^outbox\//],
  ['embedded chain: transactions', /^chain\/bodies$/],
  ['embedded chain: index', /^chain\/index\//],
];

export const ofNode = (folder: string): BytesByKind => byKind(folder, NODE_KINDS);
export const ofSite = (folder: string): BytesByKind => byKind(folder, SITE_KINDS);

/** What is of no kind is `other`. */
function byKind(folder: string, kinds: Kinds): BytesByKind {
  const sums: BytesByKind = { ...Object.fromEntries(kinds.map(([name]) => [name, 0])), other: 0 };
  for (const file of filesBelow(folder)) {
    const [name = 'other'] = kinds.find(([, pattern]) => pattern.test(file)) ?? [];
    sums[name]! += bytesOf(path.join(folder, file));
  }
  return sums;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}

/** 0 when it has just been deleted. */
function bytesOf(file: string): number {
  return (lstatSync(file, { throwIfNoEntry: false })?.blocks ?? 0) * STAT_BLOCK_BYTES;
}

export const totalOf = (kinds: BytesByKind): number => sum(Object.values(kinds));
