import { createHash, randomBytes } from 'node:crypto';
import { bufferSource } from '../../../src/base/byte-source.js';
import {
  type BodyPlan,
  chunkAddress,
  type PagedPlan,
  planBody,
  planPagedBody,
} from '../../../src/ledger/contract/chunks.js';
import { END_GAS } from '../../../src/ledger/contract/gas.js';
import { fromHex, toHex, type Hex } from '../../../src/ledger/ethereum/hex.js';
import { keccak256 } from '../../../src/ledger/ethereum/keccak256.js';
import { callStep, chunkKey, planTransactions, type Step } from '../../../src/ledger/image/transaction-plan.js';
import type { ImageNames } from '../../../src/ledger/ledger.js';
import type { MadeImage, NamedInstance } from '../../../src/archive/store/naming.js';
import type { Member } from './member.js';

const PIECE_BYTES = 30_720;

/** Any address with code, and how many bytes the contract counts there. */
interface CodeAt {
  address: Hex;
  byteCount: number;
}

/** Everything that an announcement says, each of it free to be a lie; bodies as they are to lie on the chain. */
export interface Forgery {
  imageId: Hex;
  names: ImageNames;
  header: Buffer;
  preview: Buffer;
  instance: Buffer;
  /** Of the instance, and in release 2 of all three. */
  scheme: number;
  /** What stands for the only chunk of the header, or of the instance, in place of their own. */
  headerAt?: CodeAt;
  instanceAt?: CodeAt;
  /** Whether its bytes are stored and sealed; so unless false. */
  isSealed?: boolean;
  /** SHA-256 that is announced of the instance: in release 1 of what was given, in release 2 of what lies on the chain. */
  sha256: Hex;
}

/** What there is to do on the chain for it, in order. */
export interface ForgerySteps {
  /** Header and preview chunks. */
  chunks: Step[];
  announce: Step;
  /** Announces the same under other names. */
  announceAs: (names: ImageNames) => Step;
  /** Where the header's first chunk is. */
  headerAddress: Hex;
  /** All of it, with pieces, pages and the seal. */
  all: Step[];
}

/** A random key, of nothing. */
export const randomKey = (): Hex => toHex(randomBytes(32));

/** Other names than those of a forgery: random ones, but for the ring. */
export const randomNames = ({ names }: Forgery): ImageNames =>
  names.release === 1
    ? { release: 1, imageKey: randomKey(), patientKey: randomKey() }
    : { ...names, imageKey: randomKey(), studyKey: randomNumber(), patientKey: randomNumber() };

const randomNumber = (): bigint => (1n << 63n) | randomBytes(8).readBigUInt64BE();

const sha256Of = (bytes: Buffer): Hex => toHex(createHash('sha256').update(bytes).digest());

/** What the site's server would announce of an image: encrypted in release 2. */
export async function concealed(named: NamedInstance, made: MadeImage): Promise<Forgery> {
  const { imageId, names, header, instance, ...image } = await named.toStore(made);
  const preview = await image.preview;
  const bytes = await instance.read(0, instance.byteCount);
  const sha256 = names.release === 1 ? instance.sha256 : sha256Of(bytes);
  return { imageId, names, header, preview, instance: bytes, scheme: instance.scheme ?? 0, sha256 };
}

/** Plans an announcement and its seal at a member's contract. */
export async function planForgery({ contract, calls }: Member, forgery: Forgery): Promise<ForgerySteps> {
  const { imageId, names, header, preview, instance, scheme, headerAt, instanceAt } = forgery;
  const at = fromHex(contract);
  const [headerPlan, previewPlan] = await Promise.all(
    [header, preview].map((bytes) => planBody(at, bufferSource(bytes), PIECE_BYTES)),
  );
  const source = bufferSource(instance);
  const paged =
    instanceAt === undefined ? await planPagedBody(at, source, PIECE_BYTES) : codeAsInstance(contract, instanceAt);
  const sha256 = { header: sha256Of(header), preview: sha256Of(preview), instance: forgery.sha256 };
  const announcement = {
    ...{ names, scheme, sha256 },
    pieceBytes: PIECE_BYTES,
    header: headerAt === undefined ? headerPlan! : codeAsBody(headerAt),
    preview: previewPlan!,
    instance: paged,
  };
  const there = instanceAt === undefined ? [] : [chunkKey(fromHex(instanceAt.address))];
  const { head, bulk } = planTransactions(
    { imageId, calls, announcement, instance: paged, header, preview, source },
    { announced: false, withdraw: false, checkedPages: new Set(), chunks: new Set(there) },
  );
  const announce = head.at(-1)!;
  const chunks = head.slice(0, -1);
  const rest = [...bulk()];
  const announceAs: ForgerySteps['announceAs'] = (other) =>
    callStep(calls.announce({ ...announcement, names: other }), calls.gas.announce(10));
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
export const retireStep = ({ calls }: Member, imageId: Hex, reason: string): Step =>
  callStep(calls.retire(imageId, reason), END_GAS);
