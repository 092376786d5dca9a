import type { Interface, Result } from 'ethers/abi';
import { LedgerError } from '../../base/errors.js';
import { fromHex, toHex, type Hex } from '../ethereum/hex.js';
import { keccak256 } from '../ethereum/keccak256.js';
import type { ImageNames } from '../ledger.js';
import type { Rpc } from '../rpc/rpc.js';
import { addressWords, WORD, wordsCalldata } from './calldata.js';
import type { BodyPlan } from './chunks.js';
import { eventValues } from './event-values.js';
import {
  type Announcement,
  type ChainImage,
  type ContractRef,
  IMAGE_STATES,
  type ImageCalls,
  type ImageContract,
} from './image-contract.js';
import { askContract, simulateAt } from './ask-contract.js';
import { release2Interfaces } from './release2-interfaces.js';

export type ImagesRef = ContractRef & { release: 2; consortium: Hex };
type NumberedNames = ImageNames & { release: 2 };

const { images: imagesInterface, consortium: consortiumInterface } = release2Interfaces;

/** By what Images knows an image of a site: keccak256(abi.encode(siteId, imageKey)). */
export function imageIdOf(siteId: number, imageKey: Hex): Hex {
  const site = Buffer.alloc(WORD);
  site.writeUInt32BE(siteId, WORD - 4);
  return toHex(keccak256(site, fromHex(imageKey)));
}

/** One deployed Images with its Consortium, release 2. */
export function createImages(rpc: Rpc, { address, consortium }: ImagesRef): ImageContract {
  const readerOf =
    (to: Hex, abi: Interface) =>
    async (name: string, ...values: unknown[]): Promise<Result> =>
      abi.decodeFunctionResult(name, await askContract(rpc, to, name, fromHex(abi.encodeFunctionData(name, values))));
  const read = readerOf(address, imagesInterface);
  const readConsortium = readerOf(consortium, consortiumInterface);

  return {
    ...{ address, release: 2, consortium, calls: imagesCalls },
    image: async (imageId) => {
      const data = wordsCalldata('getImage(bytes32)', [fromHex(imageId)]);
      return chainImage(address, imageId, await askContract(rpc, address, 'getImage', data));
    },
    siteOf: async (account) => Number((await readConsortium('siteOf', account))[0]),
    siteName: async (siteId) => String((await readConsortium('getSite', siteId))[0]),
    siteCount: async () => Number((await readConsortium('siteCount'))[0]),
    maxPieceBytes: async () => Number((await read('MAX_PIECE_BYTES'))[0]),
    takeoverBlocks: () => Promise.resolve(0n),
    isPageChecked: async (page) => {
      const [chunks, checked] = (await read('getPageCheck', page)).map(Number);
      return chunks! > 0 && chunks === checked;
    },
    simulate: simulateAt(rpc, address),
  };
}

/** Where the words of an image stand in the answer of `getImage`; a body has scheme, size, index, SHA-256 and root. */
const WORDS = {
  siteId: 0,
  state: 1,
  pieceBytes: 2,
  announcedBlock: 6,
  ringId: 10,
  studyKey: 11,
  patientKey: 12,
  header: 13,
  preview: 18,
  instance: 23,
} as const;
const BODY = { byteCount: 1, sha256: 3, root: 4 } as const;

function chainImage(contract: Hex, imageId: Hex, answer: Hex): ChainImage {
  const values = eventValues(answer);
  return {
    ...{ contract, imageId },
    siteId: values.number(WORDS.siteId),
    state: IMAGE_STATES[values.number(WORDS.state)]!,
    sha256: values.bytes32(WORDS.instance + BODY.sha256),
    byteCount: values.number(WORDS.instance + BODY.byteCount),
    pieceBytes: values.number(WORDS.pieceBytes),
    announcedBlock: values.bigint(WORDS.announcedBlock),
    namesKept: textOf({
      ringId: ringIdOfWord(values.bytes32(WORDS.ringId)),
      studyKey: values.bigint(WORDS.studyKey),
      patientKey: values.bigint(WORDS.patientKey),
    }),
    headerRoot: values.bytes32(WORDS.header + BODY.root),
    previewRoot: values.bytes32(WORDS.preview + BODY.root),
    instanceRoot: values.bytes32(WORDS.instance + BODY.root),
  };
}

/** A `bytes16`, which stands at the beginning of its word. */
export function ringIdOfWord(word: Hex): Hex {
  return word.slice(0, 2 + 2 * RING_ID_BYTES) as Hex;
}

const textOf = ({ ringId, studyKey, patientKey }: Pick<NumberedNames, 'ringId' | 'studyKey' | 'patientKey'>): string =>
  [ringId, studyKey, patientKey].join(' ');

/** Names of this release; throws `internal` for others. */
function namesOf(names: ImageNames): NumberedNames {
  if (names.release === 2) return names;
  throw new LedgerError(
    'internal',
    `An image with names of release ${names.release} cannot be announced in release 2.`,
  );
}

const RING_ID_BYTES = 16;
const CLAIM = '(uint8,uint64,bytes32,bytes32)';
const ANNOUNCE = `announce((bytes32,bytes16,uint64,uint64,uint32,${CLAIM},${CLAIM},${CLAIM},address[],address[]))`;
/** Keys, bytes of a piece, three claims of four words, and where two lists begin. */
const ANNOUNCEMENT_WORDS = 19;

/** As ethers would write it, in a hundredth of the time. */
function encodeAnnounce({ names, pieceBytes, header, preview, instance, scheme = 0, sha256 }: Announcement): Buffer {
  const { imageKey, ringId, studyKey, patientKey } = namesOf(names);
  const claim = (body: BodyPlan, digest: Hex): (number | Buffer)[] => [
    scheme,
    body.byteCount,
    fromHex(digest),
    body.root,
  ];
  const headerChunks = addressWords(header.chunks);
  return wordsCalldata(ANNOUNCE, [
    WORD,
    fromHex(imageKey),
    Buffer.concat([fromHex(ringId), Buffer.alloc(WORD - RING_ID_BYTES)]),
    u64(studyKey),
    u64(patientKey),
    pieceBytes,
    ...claim(header, sha256.header),
    ...claim(preview, sha256.preview),
    ...claim(instance, sha256.instance),
    ANNOUNCEMENT_WORDS * WORD,
    ANNOUNCEMENT_WORDS * WORD + headerChunks.length,
    headerChunks,
    addressWords(preview.chunks),
  ]);
}

function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

/** PS3.16 CID 7011: the codes that a retirement can have. The first stands for what has none of them. */
const RETIRE_CODES = ['113001', '113037', '113038', '113039'];

/** The code in a reason. No other word of it gets to the chain. */
function codeOf(reason: string): number {
  const code = RETIRE_CODES.find((one) => new RegExp(`(^|\\D)${one}(\\D|$)`).test(reason));
  return Number(code ?? RETIRE_CODES[0]);
}

const encode = (name: string, ...values: unknown[]): Buffer =>
  fromHex(imagesInterface.encodeFunctionData(name, values));

const imagesCalls: ImageCalls = {
  namesKept: (names) => textOf(namesOf(names)),
  announce: encodeAnnounce,
  checkPage: (page, chunks) => wordsCalldata('checkPage(address,uint256)', [page, chunks]),
  seal: (imageId, pages) => wordsCalldata('seal(bytes32,address[])', [fromHex(imageId), 2 * WORD, addressWords(pages)]),
  withdraw: (imageId) => encode('withdraw', imageId),
  retire: (imageId, reason) => encode('retire', imageId, codeOf(reason)),
  restore: (imageId) => encode('restore', imageId),
  gas: {
    announce: (chunks) => 700_000 + 15_500 * chunks,
    checkPage: (chunks) => 80_000 + 10_600 * chunks,
    seal: (pages) => 250_000 + 12_000 * pages,
  },
};

/** Calldata for the consortium, and what it says of a ring. */
export const rings = {
  open: (ringId: Hex, commitment: Hex): Buffer =>
    fromHex(consortiumInterface.encodeFunctionData('openRing', [ringId, commitment])),
  /** Undefined when the site has opened no such ring. */
  commitmentOf: async (rpc: Rpc, consortium: Hex, { siteId, ringId }: { siteId: number; ringId: Hex }) => {
    const data = fromHex(consortiumInterface.encodeFunctionData('commitmentOf', [siteId, ringId]));
    const answer = await rpc.call(consortium, data);
    return /^0x0*$/.test(answer) ? undefined : answer;
  },
};
