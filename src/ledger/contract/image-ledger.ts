import type { Result } from 'ethers/abi';
import { LedgerError } from '../../base/errors.js';
import { addressWords, WORD, wordsCalldata } from './calldata.js';
import type { BodyPlan } from './chunks.js';
import { eventValues } from './event-values.js';
import { fromHex, type Hex } from '../ethereum/hex.js';
import {
  type Announcement,
  type ChainImage,
  IMAGE_STATES,
  type ImageCalls,
  type ImageContract,
} from './image-contract.js';
import { askContract, simulateAt } from './ask-contract.js';
import { imageLedgerInterface } from './revert-errors.js';
import type { ImageNames } from '../ledger.js';
import type { Rpc } from '../rpc/rpc.js';

/** One deployed ImageLedger, release 1. */
export interface ImageLedger extends ImageContract {
  /** Any getter, by its name. */
  read(name: string, ...values: unknown[]): Promise<Result>;
}

export function createImageLedger(rpc: Rpc, address: Hex): ImageLedger {
  const ask = (name: string, data: Buffer): Promise<Hex> => askContract(rpc, address, name, data);
  async function read(name: string, ...values: unknown[]): Promise<Result> {
    return imageLedgerInterface.decodeFunctionResult(name, await ask(name, encodeCall(name, ...values)));
  }

  return {
    ...{ address, release: 1, consortium: undefined, calls: imageLedgerCalls },
    read,
    image: async (imageId) => {
      const data = wordsCalldata('getImage(bytes32)', [fromHex(imageId)]);
      return chainImage(address, imageId, await ask('getImage', data));
    },
    siteOf: async (account) => Number((await read('siteOf', account))[0]),
    siteName: async (siteId) => String((await read('getSite', siteId))[0]),
    maxPieceBytes: async () => Number((await read('MAX_PIECE_BYTES'))[0]),
    takeoverBlocks: async () => BigInt((await read('TAKEOVER_BLOCKS'))[0] as bigint),
    siteCount: async () => Number((await read('siteCount'))[0]),
    isPageChecked: async (page) => Number((await read('checkedChunks', page))[0]) > 0,
    simulate: simulateAt(rpc, address),
  };
}

/** Where the words of an image stand in the answer of `getImage`; a body has scheme, size, index, SHA-256 and root. */
const WORDS = {
  patientKey: 0,
  siteId: 1,
  state: 2,
  pieceBytes: 3,
  announcedBlock: 7,
  header: 8,
  preview: 13,
  instance: 18,
} as const;
const BODY = { byteCount: 1, sha256: 3, root: 4 } as const;

/** Throws for an answer that is too short. */
export function chainImage(contract: Hex, imageId: Hex, answer: Hex): ChainImage {
  const values = eventValues(answer);
  return {
    contract,
    imageId,
    namesKept: values.bytes32(WORDS.patientKey),
    siteId: values.number(WORDS.siteId),
    state: IMAGE_STATES[values.number(WORDS.state)]!,
    sha256: values.bytes32(WORDS.instance + BODY.sha256),
    byteCount: values.number(WORDS.instance + BODY.byteCount),
    pieceBytes: values.number(WORDS.pieceBytes),
    announcedBlock: BigInt(values.bytes32(WORDS.announcedBlock)),
    headerRoot: values.bytes32(WORDS.header + BODY.root),
    previewRoot: values.bytes32(WORDS.preview + BODY.root),
    instanceRoot: values.bytes32(WORDS.instance + BODY.root),
  };
}

/** Calldata of any call. What is sent of each image goes by the functions below, which take a hundredth of the time. */
export function encodeCall(name: string, ...values: unknown[]): Buffer {
  return fromHex(imageLedgerInterface.encodeFunctionData(name, values));
}

/** Names of this release; throws `internal` for others. */
function namesOf(names: ImageNames): ImageNames & { release: 1 } {
  if (names.release === 1) return names;
  throw new LedgerError(
    'internal',
    `An image with names of release ${names.release} cannot be announced in release 1.`,
  );
}

export const imageLedgerCalls: ImageCalls = {
  namesKept: (names) => namesOf(names).patientKey,
  announce: encodeAnnounce,
  checkPage: encodeCheckPage,
  seal: encodeSeal,
  withdraw: (imageId) => encodeCall('withdraw', imageId),
  retire: (imageId, reason) => encodeCall('retire', imageId, reason),
  restore: () => {
    throw new LedgerError(
      'not-implemented',
      'In release 1 a retirement is for ever: store the instance under another UID.',
    );
  },
  gas: {
    announce: (chunks) => 700_000 + 10_000 * chunks,
    checkPage: (chunks) => 80_000 + 3_600 * chunks,
    seal: (pages) => 250_000 + 12_000 * pages,
  },
};

const CLAIM = '(uint8,uint64,bytes32,bytes32)';
const ANNOUNCE = `announce((bytes32,bytes32,uint32,${CLAIM},${CLAIM},${CLAIM},address[],address[]))`;
/** Keys, bytes of a piece, three claims of four words, and where two lists begin. */
const ANNOUNCEMENT_WORDS = 17;

export function encodeAnnounce(announcement: Announcement): Buffer {
  const { names, pieceBytes, header, preview, instance, scheme = 0, sha256 } = announcement;
  const { imageKey, patientKey } = namesOf(names);
  const claim = (body: BodyPlan, digest: Hex, bodyScheme = 0): (number | Buffer)[] => [
    bodyScheme,
    body.byteCount,
    fromHex(digest),
    body.root,
  ];
  const headerChunks = addressWords(header.chunks);
  return wordsCalldata(ANNOUNCE, [
    WORD,
    fromHex(imageKey),
    fromHex(patientKey),
    pieceBytes,
    ...claim(header, sha256.header),
    ...claim(preview, sha256.preview),
    ...claim(instance, sha256.instance, scheme),
    ANNOUNCEMENT_WORDS * WORD,
    ANNOUNCEMENT_WORDS * WORD + headerChunks.length,
    headerChunks,
    addressWords(preview.chunks),
  ]);
}

export function encodeCheckPage(page: Buffer): Buffer {
  return wordsCalldata('checkPage(address)', [page]);
}

/** `pages` are packed addresses. */
export function encodeSeal(imageId: Hex, pages: Buffer): Buffer {
  return wordsCalldata('seal(bytes32,address[])', [fromHex(imageId), 2 * WORD, addressWords(pages)]);
}
