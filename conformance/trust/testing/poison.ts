import { setImmediate as nextTurn } from 'node:timers/promises';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { createVarintWriter } from '../../../src/dicom/metadata/encode-header.js';
import { WITHDRAW_GAS } from '../../../src/ledger/contract/gas.js';
import { callStep, type Step } from '../../../src/ledger/image/transaction-plan.js';
import { ctSlice } from '../../testing/make-dicom.js';
import { forge } from './case-study.js';
import { type Forgery, planForgery, randomNames } from './forgery.js';
import type { Member } from './member.js';

const BOMB_BYTES = 120 * 1024 * 1024;
/** (FFFC,FFFC) Data Set Trailing Padding, OB, in explicit little endian: the last element that a data set can have. Its value follows. */
const PADDING = Buffer.from([0xfc, 0xff, 0xfc, 0xff, 0x4f, 0x42, 0, 0, 0, 0, 0, 0]);
PADDING.writeUInt32LE(BOMB_BYTES, 8);
/** An announcement of the poison takes 356,800 in release 1: a block has room for 2,200. In release 2, where chunks are proven, 480,000. */
const POISON_GAS = { 1: 365_000, 2: 500_000 };
const POISONS_PER_TRANSACTION = 90;
const REPEATED_GAS = 100_000;
const REPEATS_PER_TRANSACTION = 20;

/** Of one header: within the bounds of all sites. */
const SLOW_BYTES = 2 * 1024 * 1024 - 4096;

/** What is announced: right keys, and a header that is honest but for its end. */
async function withRightKeys(member: Member, end: (header: Buffer) => Buffer): Promise<Forgery> {
  return forge(member, ctSlice({}, { size: 16 }), { inside: ({ made }) => ({ header: end(made.header) }) });
}

/** The sections of a header of native frames, inflated, to whose data set `byteCount` bytes are added that follow them. */
function beforeMore(header: Buffer, byteCount: number): Buffer {
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
  for (const length of [summary, fileMeta, dataSet + byteCount, frames]) lengths.write(length);
  return Buffer.concat([lengths.finish(), sections.subarray(at)]);
}

/** What a data set ends with. */
interface End {
  /** The tag, VR and length of its element. */
  element: Buffer;
  byteCount: number;
  /** Its value, packed. */
  deflated: Buffer;
}

/** A header whose data set ends otherwise. Flushed, a stream of raw deflate goes on with any other. */
function withEnd(header: Buffer, { element, byteCount, deflated }: End): Buffer {
  const start = Buffer.concat([beforeMore(header, element.length + byteCount), element]);
  return Buffer.concat([
    header.subarray(0, 1),
    deflateRawSync(start, { finishFlush: constants.Z_FULL_FLUSH }),
    deflated,
  ]);
}

let bomb: End | undefined;
let slow: End | undefined;

/** Some 122 KB whose data set ends with 120 MiB of padding. */
function withPadding(header: Buffer): Buffer {
  bomb ??= { element: PADDING, byteCount: BOMB_BYTES, deflated: deflateRawSync(Buffer.alloc(BOMB_BYTES)) };
  return withEnd(header, bomb);
}

/** As large as a header may be, and slow to read: its data set ends with Digital Signatures Sequence (FFFA,FFFA) of very many items. */
const withManyItems = (header: Buffer): Buffer => withEnd(header, (slow ??= manyItems()));

/** An item with MAC ID Number (0400,0005), US, in explicit little endian; its value is the last two bytes. */
const MAC_ID_ITEM = Buffer.from([0xfe, 0xff, 0, 0xe0, 10, 0, 0, 0, 0, 4, 5, 0, 0x55, 0x53, 2, 0, 0, 0]);

function manyItems(): End {
  const count = Math.floor(SLOW_BYTES / MAC_ID_ITEM.length);
  const value = Buffer.alloc(count * MAC_ID_ITEM.length, MAC_ID_ITEM);
  for (let item = 1; item <= count; item++) value.writeUInt16LE(item % 0x10000, item * MAC_ID_ITEM.length - 2);
  const element = Buffer.from([0xfa, 0xff, 0xfa, 0xff, 0x53, 0x51, 0, 0, 0, 0, 0, 0]);
  element.writeUInt32LE(value.length, 8);
  return { element, byteCount: value.length, deflated: deflateRawSync(value) };
}

/** Puts the chunks of a bomb on the chain, and gives what announces it again under random keys. */
export async function preparePoison(member: Member): Promise<() => Step> {
  const forgery = await withRightKeys(member, withPadding);
  const { chunks, announceAs } = await planForgery(member, forgery);
  await member.send(chunks);
  return () => ({ ...announceAs(randomNames(forgery)), gas: POISON_GAS[forgery.names.release] });
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

/** Puts the chunks of a bomb with right keys on the chain, and gives transactions that announce it so often, each time withdrawn before the next. */
export async function prepareRepeated(member: Member, count: number): Promise<Step[][]> {
  const forgery = await withRightKeys(member, withPadding);
  const { chunks, announce } = await planForgery(member, forgery);
  await member.send(chunks);
  const withdraw = callStep(member.calls.withdraw(forgery.imageId), WITHDRAW_GAS);
  const pair = [
    { ...announce, gas: POISON_GAS[forgery.names.release] },
    { ...withdraw, gas: REPEATED_GAS },
  ];
  const transactions: Step[][] = [];
  for (let made = 0; made < count; made += REPEATS_PER_TRANSACTION)
    transactions.push(Array.from({ length: Math.min(REPEATS_PER_TRANSACTION, count - made) }, () => pair).flat());
  return transactions;
}

/** Puts the chunks of bombs with right keys on the chain, and gives the steps that announce them: one transaction. */
export const prepareBombs = (member: Member, count: number): Promise<Step[]> =>
  prepareAnnouncements(member, { count, end: withPadding });

/** The same of headers that are within the bounds, and take about a second each. */
export const prepareSlowHeaders = (member: Member, count: number): Promise<Step[]> =>
  prepareAnnouncements(member, { count, end: withManyItems });

async function prepareAnnouncements(
  member: Member,
  { count, end }: { count: number; end: (header: Buffer) => Buffer },
): Promise<Step[]> {
  const plans = [];
  for (let made = 0; made < count; made++) plans.push(await planForgery(member, await withRightKeys(member, end)));
  await member.send(plans.flatMap(({ chunks }) => chunks));
  return plans.map(({ announce }) => announce);
}
