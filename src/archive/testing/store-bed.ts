import { encodeHeader } from '../../dicom/metadata/encode-header.js';
import type { InstanceHeader } from '../../dicom/data-set/instance-header.js';
import { until } from '../../base/testing/until.js';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { bufferSource } from '../../base/byte-source.js';
import type { KeyHolder, ProjectedImage, ProjectionState } from '../../catalog/catalog.js';
import { scanPart10 } from '../../dicom/part10/part10.js';
import type { PictureWorkers } from '../../dicom/render/picture-workers.js';
import type { Hex } from '../../ledger/ethereum/hex.js';
import type { BlockRef } from '../../ledger/ethereum/block-ref.js';
import type { Alarm, Depths, ImageOnChain, ImageToStore, Ledger } from '../../ledger/ledger.js';
import { silentLog } from '../../base/log.js';
import type { Outcome } from '../outcome.js';
import { createProgress, type Progress } from '../project/progress.js';
import { openAcceptances, type Acceptances } from '../store/acceptances.js';
import { openSpool } from '../store/spool.js';
import type { StudyAccess } from '../store/study-access.js';
import { openStore, type Store, type StoreDependencies, type StoreOptions } from '../store/store.js';
import { OWN_SITE, testPseudonyms } from './event-maker.js';
import { partOf, slice } from './parts.js';
import { nameByPseudonyms } from '../store/name-by-pseudonyms.js';

export const maxInstanceBytes = 5000;
export const never = new Promise<void>(() => undefined);

/** `imageId` is that of the first image that was sent, unless given. */
export type SealedImage = Partial<ProjectedImage> & { imageId?: string };

/** A store over a ledger and a catalogue that say what the test wants: the tests are about what the store makes of it. */
export interface StoreBed {
  store: Store;
  /** What the store was opened with. */
  dependencies: StoreDependencies;
  acceptances: Acceptances;
  progress: Progress;
  /** What the ledger was given, with a preview. */
  sent: ImageToStore[];
  /** What the ledger's `store` gives for images that are sent from now on; at first it never settles. */
  answer: Promise<void>;
  alarms: Alarm[];
  /** Whether a second node has the blocks. */
  isHeldTwice: boolean;
  /** What the contract has under every key. */
  onChain: ImageOnChain | undefined;
  /** As the follower does when the seal of an image is in a block, by default the first that was sent; that block is the head. */
  seal(image?: SealedImage, block?: bigint): void;
  /** An image that is kept from answers has the key of the first that was sent, or will be sent: no block comes of it. */
  hide(holder: Partial<KeyHolder>, imageId?: string): void;
  /** As the follower does after a reorganisation: nothing is sealed, and the head is this one. */
  undo(head: bigint): void;
  /** The follower has come to this block. */
  advance(head: bigint): void;
  /** What is in the spool folder. */
  left(): Promise<string[]>;
}

export interface BedOptions extends Partial<StoreOptions> {
  depths?: Depths;
}

const blockRef = (number: bigint): BlockRef => ({ number, hash: `0x${number.toString(16)}` });

export async function storeBed(
  folder: string,
  { depths = { sealed: 1, final: 1, kept: 1 }, ...options }: BedOptions = {},
): Promise<StoreBed> {
  const sent: ImageToStore[] = [];
  const projected = new Map<string, ProjectedImage>();
  const hidden = new Map<string, KeyHolder>();
  const progress = createProgress();
  const spoolFolder = path.join(folder, 'spool');
  await mkdir(spoolFolder, { recursive: true });
  const acceptances = await openAcceptances({ folder: path.join(folder, 'receipts') });
  const state: Pick<StoreBed, 'answer' | 'alarms' | 'isHeldTwice' | 'onChain'> = {
    answer: never,
    alarms: [],
    isHeldTwice: true,
    onChain: undefined,
  };
  const ledger = {
    siteId: OWN_SITE,
    depths,
    image: async () => state.onChain,
    store: async (image: ImageToStore): Promise<void> => {
      sent.push({ ...image, preview: await image.preview });
      return state.answer;
    },
    isHeldTwice: async () => state.isHeldTwice,
    health: async () => ({ alarms: state.alarms }),
  } as unknown as Ledger;
  const projection = {
    image: (imageId: string) => projected.get(imageId),
    holder: (imageId: string) => {
      const image = projected.get(imageId);
      return image ? { siteId: image.siteId, state: image.state, hidden: undefined } : hidden.get(imageId);
    },
    hashAt: (number: bigint): Hex | undefined =>
      number <= (progress.head?.number ?? -1n) ? blockRef(number).hash : undefined,
  } as unknown as ProjectionState;
  const dependencies: StoreDependencies = {
    ledger,
    projection,
    naming: nameByPseudonyms({ pseudonyms: testPseudonyms, projection }),
    spool: await openSpool({ folder: spoolFolder, maxInstanceBytes, minFreeBytes: 0 }),
    pictures: { preview: async () => Buffer.from('preview') } as unknown as PictureWorkers,
    progress,
    acceptances,
    // Of parts without a caller nobody asks.
    access: {} as StudyAccess,
    storedContent: async () => undefined,
    patientOfStudy: async () => undefined,
    raiseAlarm: () => undefined,
    reject: async (outcome) => outcome,
    log: silentLog,
  };
  const store = openStore(dependencies, {
    windowBytes: 1_000_000,
    acknowledge: 'sealed',
    patientIdIssuer: 'north',
    maxHeaderBytes: 100_000,
    compresses: false,
    chainWait: { graceMs: 0, checkMs: 5 },
    waits: { readMs: 60_000, rivalMs: 60_000, unseenMs: 60_000 },
    ...options,
  });
  const advance = (head: bigint): void => progress.advance(blockRef(head));
  return Object.assign(state, {
    store,
    dependencies,
    acceptances,
    progress,
    sent,
    advance,
    seal: ({ imageId = sent[0]!.imageId, ...image }: SealedImage = {}, block = 1n) => {
      const [first] = sent;
      const sha256 = first?.instance.sha256.slice(2);
      const uids = { SOPInstanceUID: '1.2.3.4', StudyInstanceUID: '1.2.3.5' };
      const sealed = { siteId: OWN_SITE, isVerified: true, state: 'sealed', sealedBlock: block } as const;
      hidden.delete(imageId);
      projected.set(imageId, { ...uids, ...sealed, ...(sha256 && { sha256 }), ...image } as ProjectedImage);
      advance(block);
    },
    hide: (holder: Partial<KeyHolder>, imageId = sent[0]!.imageId) => {
      projected.delete(imageId);
      hidden.set(imageId, { siteId: OWN_SITE + 1, state: 'sealed', hidden: 'unreadable', ...holder });
      progress.changed();
    },
    undo: (head: bigint) => {
      projected.clear();
      advance(head);
    },
    left: () => readdir(spoolFolder),
  });
}

/** Until its spool file cannot be read any more. */
export const untilClosed = ({ instance }: ImageToStore): Promise<unknown> =>
  until('the spool file to be closed', () =>
    instance.read(0, 1).then(
      () => false,
      () => true,
    ),
  );

export const put = async ({ store }: StoreBed, file = slice()): Promise<Outcome> =>
  (await store.receive(partOf(file))).outcome;

/** The header body of a file, as the chain has it. */
export async function headerOf(file: Buffer): Promise<Buffer> {
  return encodeHeader(await scanned(file));
}

/** What the follower has projected of the header of a file. */
export async function projectedHeader(file: Buffer): Promise<Partial<ProjectedImage>> {
  const { transferSyntaxUID, dataSetSha256 } = await scanned(file);
  return { mediaType: 'application/dicom', transferSyntaxUID, dataSetSha256 };
}

async function scanned(file: Buffer): Promise<InstanceHeader> {
  const result = await scanPart10(bufferSource(file));
  if (result.kind !== 'header') throw new Error(result.message);
  return result.header;
}
