import { setImmediate as nextTurn } from 'node:timers/promises';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { createVarintWriter } from '../../../src/dicom/metadata/encode-header.js';
import type { Step } from '../../../src/ledger/image/transaction-plan.js';
import { ctSlice, newUid } from '../../testing/make-dicom.js';
import { type Forgery, planForgery, randomKey } from './forgery.js';
import { honestParts } from './honest-parts.js';
import type { Member } from './member.js';

const BOMB_BYTES = 120 * 1024 * 1024;
/** (FFFC,FFFC) Data Set Trailing Padding, OB, in explicit little endian: the last element that a data set can have. Its value follows. */
const PADDING = Buffer.from([0xfc, 0xff, 0xfc, 0xff, 0x4f, 0x42, 0, 0, 0, 0, 0, 0]);
PADDING.writeUInt32LE(BOMB_BYTES, 8);
/** An announcement of the poison takes 356,800: a block has room for 2,200. */
const POISON_GAS = 365_000;
const POISONS_PER_TRANSACTION = 90;

/** What is announced: right keys, and a header of some 122 KB that inflates to 120 MiB. */
async function bombOf(member: Member, SOPInstanceUID = newUid()): Promise<Forgery> {
  const parts = await honestParts(member.pseudonyms, ctSlice({ SOPInstanceUID }, { size: 16 }));
  return { ...parts, header: withPadding(parts.header) };
}

/** A header of native frames whose data set ends with 120 MiB of padding. */
function withPadding(header: Buffer): Buffer {
  const sections = inflateRawSync(header.subarray(1));
  let at = 0;
  const readVarint = (): number => {
    for (let value = 0, scale = 1; ; scale *= 0x80) {
      const byte = sections[at++]!;
      value += (byte % 0x80) * scale;
      if (byte < 0x80) return value;
    }
  };
  const [summary, fileMeta, dataSet, frames] = [readVarint(), readVarint(), readVarint(), readVarint()];
  if (frames !== 0) throw new Error('The frames are not native: something follows the data set.');
  const lengths = createVarintWriter();
  for (const length of [summary, fileMeta, dataSet + PADDING.length + BOMB_BYTES, frames]) lengths.write(length);
  const start = Buffer.concat([lengths.finish(), sections.subarray(at), PADDING]);
  // Flushed, a stream of raw deflate goes on with any other.
  const deflated = deflateRawSync(start, { finishFlush: constants.Z_FULL_FLUSH });
  return Buffer.concat([header.subarray(0, 1), deflated, (zeros ??= deflateRawSync(Buffer.alloc(BOMB_BYTES)))]);
}

let zeros: Buffer | undefined;

/** Puts the chunks of a bomb on the chain, and gives what announces it again under random keys. */
export async function preparePoison(member: Member): Promise<() => Step> {
  const { chunks, announceAs } = await planForgery(member.contract, await bombOf(member));
  await member.send(chunks);
  return () => ({ ...announceAs({ imageKey: randomKey(), patientKey: randomKey() }), gas: POISON_GAS });
}

/** So many announcements of the poison as transactions that are sent at once. */
export async function poisonTransactions(poison: () => Step, count: number): Promise<Step[][]> {
  const transactions: Step[][] = [];
  for (let made = 0; made < count; made++) {
    if (made % POISONS_PER_TRANSACTION === 0) transactions.push([]);
    transactions.at(-1)!.push(poison());
    // The chain may be served by this process.
    await nextTurn();
  }
  return transactions;
}

/** Puts the chunks of bombs with right keys on the chain, and gives the steps that announce them: one transaction. */
export async function prepareBombs(member: Member, count: number): Promise<Step[]> {
  const announcements: Step[] = [];
  for (let made = 0; made < count; made++) {
    const { chunks, announce } = await planForgery(member.contract, await bombOf(member));
    await member.send(chunks);
    announcements.push(announce);
  }
  return announcements;
}
