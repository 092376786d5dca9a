import { createHash, randomBytes } from 'node:crypto';
import { bufferSource } from '../../../src/base/byte-source.js';
import {
  type BodyPlan,
  chunkAddress,
  type PagedPlan,
  planBody,
  planPagedBody,
} from '../../../src/ledger/contract/chunks.js';
import { encodeAnnounce, encodeCall, imageLedgerCalls } from '../../../src/ledger/contract/image-ledger.js';
import { END_GAS } from '../../../src/ledger/contract/gas.js';
import { fromHex, toHex, type Hex } from '../../../src/ledger/ethereum/hex.js';
import { keccak256 } from '../../../src/ledger/ethereum/keccak256.js';
import { callStep, chunkKey, planTransactions, type Step } from '../../../src/ledger/image/transaction-plan.js';
import { namedBy } from '../../../src/ledger/testing/named-by.js';

const PIECE_BYTES = 30_720;
const ANNOUNCE_GAS = imageLedgerCalls.gas.announce(10);

/** Any address with code, and how many bytes the contract counts there. */
interface CodeAt {
  address: Hex;
  byteCount: number;
}

/** Everything that an announcement says, each of it free to be a lie. */
export interface Forgery {
  imageId: Hex;
  patientKey: Hex;
  header: Buffer;
  preview: Buffer;
  instance: Buffer;
  /** What stands for the only chunk of the header, or of the instance, in place of their own. */
  headerAt?: CodeAt;
  instanceAt?: CodeAt;
  /** Whether its bytes are stored and sealed; so unless false. */
  isSealed?: boolean;
  /** SHA-256 that is announced of the instance; that of its bytes unless given. */
  sha256?: Hex;
}

/** What there is to do on the chain for it, in order. */
export interface ForgerySteps {
  /** Header and preview chunks. */
  chunks: Step[];
  announce: Step;
  /** Announces the same under other keys. */
  announceAs: (keys: Pick<Forgery, 'imageId' | 'patientKey'>) => Step;
  /** Where the header's first chunk is. */
  headerAddress: Hex;
  /** All of it, with pieces, pages and the seal. */
  all: Step[];
}

/** A random key, of nothing. */
export const randomKey = (): Hex => toHex(randomBytes(32));

const sha256Of = (bytes: Buffer): Hex => toHex(createHash('sha256').update(bytes).digest());

/** Plans an announcement and its seal at a contract. */
export async function planForgery(contract: Hex, forgery: Forgery): Promise<ForgerySteps> {
  const { imageId, patientKey, header, preview, instance, headerAt, instanceAt } = forgery;
  const at = fromHex(contract);
  const [headerPlan, previewPlan] = await Promise.all(
    [header, preview].map((bytes) => planBody(at, bufferSource(bytes), PIECE_BYTES)),
  );
  const source = bufferSource(instance);
  const paged =
    instanceAt === undefined ? await planPagedBody(at, source, PIECE_BYTES) : codeAsInstance(contract, instanceAt);
  const sha256 = {
    header: sha256Of(header),
    preview: sha256Of(preview),
    instance: forgery.sha256 ?? sha256Of(instance),
  };
  const announcement = {
    names: namedBy(imageId, patientKey).names,
    pieceBytes: PIECE_BYTES,
    header: headerAt === undefined ? headerPlan! : codeAsBody(headerAt),
    preview: previewPlan!,
    instance: paged,
    sha256,
  };
  const there = instanceAt === undefined ? [] : [chunkKey(fromHex(instanceAt.address))];
  const { head, bulk } = planTransactions(
    { imageId, calls: imageLedgerCalls, announcement, instance: paged, header, preview, source },
    { announced: false, withdraw: false, checkedPages: new Set(), chunks: new Set(there) },
  );
  const announce = head.at(-1)!;
  const chunks = head.slice(0, -1);
  const rest = [...bulk()];
  const announceAs: ForgerySteps['announceAs'] = (keys) =>
    callStep(encodeAnnounce({ ...announcement, names: namedBy(keys.imageId, keys.patientKey).names }), ANNOUNCE_GAS);
  const headerAddress = toHex(announcement.header.chunks.subarray(0, 20));
  return {
    chunks,
    announce,
    announceAs,
    headerAddress,
    all: [...chunks, announce, ...(forgery.isSealed === false ? [] : rest)],
  };
}

function codeAsBody({ address, byteCount }: CodeAt): BodyPlan {
  const chunks = fromHex(address);
  return { byteCount, pieceBytes: PIECE_BYTES, chunks, root: keccak256(chunks) };
}

function codeAsInstance(contract: Hex, code: CodeAt): PagedPlan {
  const body = codeAsBody(code);
  const pageAddresses = chunkAddress(fromHex(contract), body.chunks);
  return { ...body, pages: [body.chunks], pageAddresses, root: keccak256(pageAddresses) };
}

/** Retires an image. */
export const retireStep = (imageId: Hex, reason: string): Step =>
  callStep(encodeCall('retire', imageId, reason), END_GAS);
