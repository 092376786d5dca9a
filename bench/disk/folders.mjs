// How many bytes of a disk folders take, by what they are for.
import { lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** In `stat`, blocks are of 512 bytes (stat(2)). */
const statBlock = 512;

const nodeKinds = [
  ['database: write-ahead log', /^geth\/chaindata\/\d+\.log$/],
  ['database: ancient blocks', /^geth\/chaindata\/ancient\//],
  ['database: tables', /^geth\/chaindata\//],
  ["geth's text log", /^geth\.log$/],
];
const siteKinds = [
  ['catalogue', /^catalog\.sqlite/],
  ['piece cache', /^cache\//],
  ['spool', /^spool\//],
  ['outbox', /^outbox\//],
  ['embedded chain: transactions', /^chain\/bodies$/],
  ['embedded chain: index', /^chain\/index\//],
];

export const ofNode = (folder) => byKind(folder, nodeKinds);
export const ofSite = (folder) => byKind(folder, siteKinds);

/** Bytes on the disk by kind; what is of none is `other`. */
function byKind(folder, kinds) {
  const sums = { ...Object.fromEntries(kinds.map(([name]) => [name, 0])), other: 0 };
  for (const file of filesBelow(folder)) {
    const [name = 'other'] = kinds.find(([, pattern]) => pattern.test(file)) ?? [];
    sums[name] += bytesOf(path.join(folder, file));
  }
  return sums;
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}

/** 0 when it has just been deleted. */
function bytesOf(file) {
  return (lstatSync(file, { throwIfNoEntry: false })?.blocks ?? 0) * statBlock;
}

export const totalOf = (kinds) => Object.values(kinds).reduce((sum, bytes) => sum + bytes, 0);
