// Kills, pauses and cuts off parts of a consortium while images are stored, and looks whether anything acknowledged is lost.
// usage: npm run faults -- --rounds 200 [--seed 1 --sites 3 --data <folder>]     (exit code 1 when something is lost)
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Network } from '../../src/network/network.js';
import { startNetwork } from '../../src/network/start-network.js';
import { compareSites } from './compare-sites.js';
import { playRound } from './play-round.js';
import type { Wrong } from './wrong.js';
import { letInto } from '../testing/let-in.js';
import { RELEASE, TAKES_NAMED } from '../testing/network-under-test.js';
import { gethUnderTest } from '../../src/network/testing/build-geth.js';

const COMPARE_EVERY = 25;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    sites: { type: 'string', default: '3' },
    data: { type: 'string' },
  },
});

function numberOf(name: 'rounds' | 'seed' | 'sites'): number {
  const number = Number(values[name]);
  if (Number.isInteger(number) && number >= 1) return number;
  console.error(`--${name} ${values[name]} is not a whole number from 1.`);
  process.exit(2);
}

const rounds = numberOf('rounds');
const seed = numberOf('seed');
const sites = numberOf('sites');

const binary = gethUnderTest();
const folder = values.data ?? mkdtempSync(path.join(tmpdir(), 'dicom-ledger-faults-'));

let running: Network | undefined = undefined;
let isStopping = false;
/** A node that is paused would not hear that it has to end. */
const resume = (): void => {
  for (const { node } of running?.sites ?? []) if (node.pid !== undefined) process.kill(node.pid, 'SIGCONT');
};
const end = async (code: number): Promise<never> => {
  // Asked a second time, or nothing is complete yet: whatever runs ends with this process.
  if (isStopping || !running) process.exit(code);
  isStopping = true;
  resume();
  await running.stop();
  if (code === 0 && values.data === undefined) rmSync(folder, { recursive: true, force: true });
  else console.error(`Logs and data are in ${folder}`);
  process.exit(code);
};
process.on('exit', resume);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(130));

const network = await startNetwork({
  sites,
  folder,
  binary,
  release: RELEASE,
  environment: { MIN_FREE_BYTES: '0', ...TAKES_NAMED },
  say: (sentence) => console.error(sentence),
});
letInto(network);
running = network;

const acknowledged = new Map<string, string>();
/** Instances, each once however many sites have it wrong. */
const lost = new Set<string>();
const halfVisible = new Set<string>();
const count = (instances: Set<string>, what: string, list: readonly Wrong[]): void => {
  for (const one of list) {
    console.log(`  ${what}: ${Object.values(one).join(' ')}`);
    instances.add(one.SOPInstanceUID ?? one.what);
  }
};
/** Whether a signal has asked to end; `end` then ends this process. */
const isEnding = (): boolean => isStopping;
try {
  console.log(`${rounds} rounds on ${sites} sites, seed ${seed}`);
  for (let round = 1; round <= rounds && !isEnding(); round++) {
    const result = await playRound(network, { seed: seed + round - 1 });
    console.log(`round ${round}, ${result.line}`);
    count(lost, 'LOST', result.lost);
    count(halfVisible, 'HALF-VISIBLE', result.halfVisible);
    for (const [uid, sha256] of result.acknowledged) acknowledged.set(uid, sha256);
    if (round % COMPARE_EVERY !== 0 && round !== rounds) continue;
    const wrong = await compareSites(network.sites, acknowledged);
    console.log(`after round ${round}: all ${acknowledged.size} compared at ${sites} sites, ${wrong.length} wrong`);
    count(lost, 'WRONG', wrong);
  }
} catch (error) {
  if (isEnding()) await new Promise(() => undefined);
  console.error(error);
  await end(1);
}
if (isEnding()) await new Promise(() => undefined);
console.log(`${rounds} rounds, ${acknowledged.size} acknowledged, ${lost.size} lost, ${halfVisible.size} half-visible`);
await end(lost.size + halfVisible.size > 0 ? 1 : 0);
