import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { workerUrl } from '../base/worker-url.js';
import { pathOf } from '../secrecy/tree.js';
import type { StudyNumbers } from './numbers.js';
import { type KeysBed, keysBed, OWNER } from './testing/keys-bed.js';

const ROUNDS = 8;
const SITE = 9;

/** What a process has said to be durable. */
type Acknowledged =
  | { did: 'number'; uid: string; studyKey: string; patientKey: string }
  | { did: 'merged'; ringId: string }
  | { did: 'punctured'; ringId: string };

let bed: KeysBed;
beforeEach(() => {
  bed = keysBed();
});
afterEach(() => bed.remove());

/** A process of its own that takes rings in, takes a study out of each and numbers studies, all at once and without end, and says what is done. */
const changer = (round: number): string => `
  import { writeSync } from 'node:fs';
  import { randomBytes } from 'node:crypto';
  const { openKeyring } = await import('${workerUrl(import.meta.url, './open-keyring.js').href}');
  const { createKeyWrapping } = await import('${workerUrl(import.meta.url, './key-wrapping.js').href}');
  const { wholeRing } = await import('${workerUrl(import.meta.url, '../secrecy/ring.js').href}');
  const owner = { chainId: ${OWNER.chainId}n, consortium: Buffer.from('${OWNER.consortium.toString('hex')}', 'hex'), siteId: ${OWNER.siteId} };
  const keyring = await openKeyring({ folder: ${JSON.stringify(bed.keys)}, owner, wrapping: createKeyWrapping({ allowsClear: true }) });
  const say = (what) => writeSync(1, JSON.stringify(what) + '\\n');
  const change = async () => {
    for (;;) {
      const ringId = randomBytes(16);
      await keyring.merge({ siteId: ${SITE}, ringId }, wholeRing(randomBytes(32)), { erased: [] });
      say({ did: 'merged', ringId: ringId.toString('hex') });
      await keyring.puncture({ siteId: ${SITE}, ringId }, ['${pathOf(1n)}']);
      say({ did: 'punctured', ringId: ringId.toString('hex') });
    }
  };
  const number = async () => {
    for (let at = 0; ; at++) {
      const uid = '1.${round}.' + at;
      const { studyKey, patientKey } = await keyring.numbersOf({ StudyInstanceUID: uid, IssuerOfPatientID: '', PatientID: 'P' + at });
      say({ did: 'number', uid, studyKey: String(studyKey), patientKey: String(patientKey) });
    }
  };
  await Promise.all([change(), number()]);`;

/** What the process had said when SIGKILL reached it: some time after it has said `count` things, one of each kind among them. */
async function killAfter(round: number, count: number): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', changer(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: Acknowledged[] = [];
  let killing: NodeJS.Timeout | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    // The last line may be cut off.
    if (line.endsWith('}')) said.push(JSON.parse(line) as Acknowledged);
    const isEnough = said.length >= count && new Set(said.map(({ did }) => did)).size === 3;
    if (isEnough) killing ??= setTimeout(() => child.kill('SIGKILL'), Math.random() * 15);
  }
  return said;
}

describe('A keyring whose process is killed', () => {
  it('has all that was acknowledged, whenever that happens', async () => {
    const merged = new Set<string>();
    const punctured = new Set<string>();
    const numbers = new Map<string, StudyNumbers>();
    for (let round = 0; round < ROUNDS; round++) {
      const said = await killAfter(round, 1 + Math.floor(Math.random() * 60));
      for (const one of said) {
        if (one.did === 'merged') merged.add(one.ringId);
        else if (one.did === 'punctured') punctured.add(one.ringId);
        else numbers.set(one.uid, { studyKey: BigInt(one.studyKey), patientKey: BigInt(one.patientKey) });
      }
      const keyring = await bed.open();
      const nodeOf = (ringId: string, study: bigint) =>
        keyring.studyNode({ siteId: SITE, ringId: Buffer.from(ringId, 'hex') }, study);
      expect([...merged].filter((ringId) => !nodeOf(ringId, 2n))).toEqual([]);
      expect([...punctured].filter((ringId) => nodeOf(ringId, 1n))).toEqual([]);
      for (const [StudyInstanceUID, given] of numbers) {
        const PatientID = `P${StudyInstanceUID.split('.')[2]}`;
        expect(await keyring.numbersOf({ StudyInstanceUID, IssuerOfPatientID: '', PatientID })).toEqual(given);
      }
      expect(new Set([...numbers.values()].map(({ studyKey }) => studyKey)).size).toBe(numbers.size);
      await keyring.close();
    }
    expect(punctured.size).toBeGreaterThanOrEqual(ROUNDS);
  }, 180_000);
});
