import type { ByteSource } from '../../base/byte-source.js';
import { encodedByteCount, multicallCalldata, storePiecesCalldata } from '../contract/calldata.js';
import type { Announcement, ImageCalls } from '../contract/image-contract.js';
import {
  addressesOf,
  chunksOfPiece,
  PAGE_CHUNKS,
  pieceByteCount,
  pieceCount,
  type PagedPlan,
} from '../contract/chunks.js';
import * as gas from '../contract/gas.js';
import type { Hex } from '../ethereum/hex.js';
/** One thing to be done on the chain for an image, in the order of the list it stands in. */
export type Step =
  | { kind: 'store'; byteCount: number; gas: number; load: () => Promise<Buffer> }
  | { kind: 'call'; byteCount: number; gas: number; data: Buffer };

/** Everything that is written of an image, in order. */
export interface TransactionPlan {
  /** Header, preview and announcement: what makes it found by every site. */
  head: Step[];
  /** Pieces, pages and the seal; made anew each time, since 2 GiB are 70,000 steps. */
  bulk: () => Iterable<Step>;
}

export interface ImageToPlan {
  imageId: Hex;
  /** Of the contract that it goes to. */
  calls: ImageCalls;
  announcement: Announcement;
  instance: PagedPlan;
  header: Buffer;
  preview: Buffer;
  source: ByteSource;
}

/** What need not be sent again. */
export interface AlreadyThere {
  /** Of the same content. */
  announced: boolean;
  /** An announcement of other content by this site has to be withdrawn first. */
  withdraw: boolean;
  checkedPages: ReadonlySet<number>;
  /** Packed addresses of the chunks that have code. */
  chunks: ReadonlySet<string>;
}

/** A packed address as a key of a set. */
export const chunkKey = (address: Buffer): string => address.toString('latin1');

export function planTransactions(plan: ImageToPlan, there: AlreadyThere): TransactionPlan {
  const { announcement, instance, calls } = plan;
  const head: Step[] = [];
  if (there.withdraw) head.push(withdrawStep(plan));
  if (!there.announced) {
    head.push(...storeBuffer(plan.header, instance.pieceBytes), ...storeBuffer(plan.preview, instance.pieceBytes));
    const chunks = (announcement.header.chunks.length + announcement.preview.chunks.length) / 20;
    head.push(callStep(calls.announce(announcement), calls.gas.announce(chunks)));
  }
  return { head, bulk: () => bulkSteps(plan, there) };
}

function* bulkSteps(plan: ImageToPlan, there: AlreadyThere): Generator<Step> {
  const sent = new Set(there.chunks);
  for (const [i, page] of plan.instance.pages.entries())
    if (!there.checkedPages.has(i)) yield* pageSteps(plan, page, i, sent);
  yield sealStep(plan);
}

/** The pieces of one page whose chunks are not all there or sent before, the page itself, and its check. */
function* pageSteps(
  { instance, source, calls }: ImageToPlan,
  page: Buffer,
  number: number,
  sent: Set<string>,
): Generator<Step> {
  const addresses = addressesOf(page);
  const perPiece = chunksOfPiece(instance.pieceBytes);
  const first = (number * PAGE_CHUNKS) / perPiece;
  const last = Math.min(first + PAGE_CHUNKS / perPiece, pieceCount(instance));
  for (let piece = first; piece < last; piece++) {
    const keys = addresses.slice((piece - first) * perPiece, (piece - first + 1) * perPiece).map(chunkKey);
    if (keys.every((key) => sent.has(key))) continue;
    keys.forEach((key) => sent.add(key));
    const byteCount = pieceByteCount(instance, piece);
    yield storeStep(byteCount, () => source.read(piece * instance.pieceBytes, byteCount));
  }
  const address = instance.pageAddresses.subarray(number * 20, number * 20 + 20);
  if (!sent.has(chunkKey(address))) yield storeStep(page.length, async () => page);
  yield callStep(calls.checkPage(address, addresses.length), calls.gas.checkPage(addresses.length));
}

/** The call that completes an image. */
function sealStep({ imageId, instance, calls }: ImageToPlan): Step & { kind: 'call' } {
  const data = calls.seal(imageId, instance.pageAddresses);
  return callStep(data, calls.gas.seal(instance.pages.length));
}

function withdrawStep({ imageId, calls }: ImageToPlan): Step & { kind: 'call' } {
  return callStep(calls.withdraw(imageId), gas.WITHDRAW_GAS);
}

export function callStep(data: Buffer, callGas: number): Step & { kind: 'call' } {
  const byteCount = encodedByteCount(data.length);
  return { kind: 'call', byteCount, gas: callGas + gas.calldataGas(byteCount), data };
}

function storeStep(byteCount: number, load: () => Promise<Buffer>): Step {
  return { kind: 'store', byteCount: encodedByteCount(byteCount), gas: gas.storeGas(byteCount), load };
}

function storeBuffer(bytes: Buffer, pieceBytes: number): Step[] {
  const layout = { byteCount: bytes.length, pieceBytes };
  return Array.from({ length: pieceCount(layout) }, (_, i) =>
    storeStep(pieceByteCount(layout, i), async () => bytes.subarray(i * pieceBytes, (i + 1) * pieceBytes)),
  );
}

/** Steps that go as one transaction: all of them or none take effect. */
export interface Batch {
  steps: Step[];
  byteCount: number;
  gas: number;
}

/** Steps in as few transactions as the limits allow, in order. */
export function* batchSteps(steps: Iterable<Step>): Generator<Batch> {
  let pack = emptyPack();
  for (const step of steps) {
    // Each storePieces inside a multicall is a value of its own.
    const byteCount = step.byteCount + encodedByteCount(100);
    const stepGas = step.gas + gas.calldataGas(encodedByteCount(100));
    const fits =
      pack.byteCount + byteCount <= gas.MAX_TRANSACTION_BYTES && pack.gas + stepGas <= gas.MAX_TRANSACTION_GAS;
    if (!fits && pack.steps.length > 0) {
      yield pack;
      pack = emptyPack();
    }
    pack.steps.push(step);
    pack.byteCount += byteCount;
    pack.gas += stepGas;
  }
  if (pack.steps.length > 0) yield pack;
}

function emptyPack(): Batch {
  return { steps: [], byteCount: 300, gas: gas.BASE_GAS };
}

/** The calldata of a pack; its pieces are read now. */
export async function encodeBatch({ steps }: Batch): Promise<Buffer> {
  const calls: Buffer[] = [];
  let pieces: Buffer[] = [];
  const endPieces = (): void => {
    if (pieces.length > 0) calls.push(storePiecesCalldata(pieces));
    pieces = [];
  };
  for (const step of steps) {
    if (step.kind === 'store') pieces.push(await step.load());
    else {
      endPieces();
      calls.push(step.data);
    }
  }
  endPieces();
  return calls.length === 1 ? calls[0]! : multicallCalldata(calls);
}
