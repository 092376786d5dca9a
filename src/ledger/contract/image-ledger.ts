import type { Result } from 'ethers';
import { LedgerError } from '../../base/errors.js';
import { type BodyPlan, addressesOf } from './chunks.js';
import { fromHex, toHex, type Hex } from '../ethereum/hex.js';
import { imageLedgerInterface, IMAGE_STATES, type ImageState, revertError } from './revert-errors.js';
import type { Rpc } from '../rpc/rpc.js';

/** An image as the contract keeps it, with what tells one announcement from another. */
export interface ChainImage {
  contract: Hex;
  imageKey: Hex;
  patientKey: Hex;
  siteId: number;
  state: ImageState;
  /** SHA-256 and size of the instance. */
  sha256: Hex;
  byteCount: number;
  pieceBytes: number;
  announcedBlock: bigint;
  headerRoot: Hex;
  previewRoot: Hex;
  instanceRoot: Hex;
}

/** What is announced of an image. */
export interface Announcement {
  imageKey: Hex;
  patientKey: Hex;
  pieceBytes: number;
  header: BodyPlan;
  preview: BodyPlan;
  instance: BodyPlan;
  /** Of the instance, 0 unless given; header and preview have 0. */
  scheme?: number;
  /** SHA-256 of each body. */
  sha256: { header: Hex; preview: Hex; instance: Hex };
}

/** One deployed ImageLedger, read at `latest`. */
export interface ImageLedger {
  readonly address: Hex;
  /** Any getter, by its name. */
  read(name: string, ...values: unknown[]): Promise<Result>;
  image(imageKey: Hex): Promise<ChainImage>;
  siteOf(account: Hex): Promise<number>;
  siteName(siteId: number): Promise<string>;
  maxPieceBytes(): Promise<number>;
  takeoverBlocks(): Promise<bigint>;
  /** Chunks that the page lists if it was checked, else 0. */
  checkedChunks(page: Hex): Promise<number>;
  /** Runs a call without sending it. Rejects with the contract's reason as LedgerError. */
  simulate(call: string, data: Buffer, from: Hex): Promise<void>;
}

export function createImageLedger(rpc: Rpc, address: Hex): ImageLedger {
  async function read(name: string, ...values: unknown[]): Promise<Result> {
    const answer = await rpc.call(address, encodeCall(name, ...values)).catch((error: unknown) => {
      throw revertError(error, name);
    });
    if (answer === '0x')
      throw new LedgerError('unavailable', `The node gives nothing for ${name} at ${address}; it may be behind.`, {
        retryable: true,
      });
    return imageLedgerInterface.decodeFunctionResult(name, answer);
  }

  return {
    address,
    read,
    image: async (imageKey) => {
      const image = (await read('getImage', imageKey))[0] as Result & Record<string, unknown>;
      const body = (name: string): Record<string, unknown> => image[name] as Record<string, unknown>;
      return {
        contract: address,
        imageKey,
        patientKey: image.patientKey as Hex,
        siteId: Number(image.siteId),
        state: IMAGE_STATES[Number(image.state)]!,
        sha256: body('instance').sha256Digest as Hex,
        byteCount: Number(body('instance').byteCount),
        pieceBytes: Number(image.pieceBytes),
        announcedBlock: BigInt(image.announcedBlock as bigint),
        headerRoot: body('header').root as Hex,
        previewRoot: body('preview').root as Hex,
        instanceRoot: body('instance').root as Hex,
      };
    },
    siteOf: async (account) => Number((await read('siteOf', account))[0]),
    siteName: async (siteId) => String((await read('getSite', siteId))[0]),
    maxPieceBytes: async () => Number((await read('MAX_PIECE_BYTES'))[0]),
    takeoverBlocks: async () => BigInt((await read('TAKEOVER_BLOCKS'))[0] as bigint),
    checkedChunks: async (page) => Number((await read('checkedChunks', page))[0]),
    simulate: async (call, data, from) => {
      await rpc.call(address, data, { from }).catch((error: unknown) => {
        throw revertError(error, call);
      });
    },
  };
}

/** Calldata of a small call. Bulk goes by calldata.ts. */
export function encodeCall(name: string, ...values: unknown[]): Buffer {
  return fromHex(imageLedgerInterface.encodeFunctionData(name, values));
}

export function encodeAnnounce(announcement: Announcement): Buffer {
  const { imageKey, patientKey, pieceBytes, header, preview, instance, scheme, sha256 } = announcement;
  const claim = (body: BodyPlan, digest: Hex, scheme = 0): unknown[] => [
    scheme,
    body.byteCount,
    digest,
    toHex(body.root),
  ];
  return encodeCall('announce', [
    imageKey,
    patientKey,
    pieceBytes,
    claim(header, sha256.header),
    claim(preview, sha256.preview),
    claim(instance, sha256.instance, scheme),
    addressesOf(header.chunks).map(toHex),
    addressesOf(preview.chunks).map(toHex),
  ]);
}
