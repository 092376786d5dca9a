import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { bufferSource } from '../../base/byte-source.js';
import type { Catalog, CatalogInstance } from '../../catalog/catalog.js';
import { encodeHeader } from '../../dicom/metadata/header-codec.js';
import { scanPart10 } from '../../dicom/part10/part10.js';
import type { PictureWorkers } from '../../dicom/render/picture-workers.js';
import type { Hex } from '../../ledger/ethereum/hex.js';
import type { BlockRef } from '../../ledger/ethereum/block-ref.js';
import type { Alarm, Depths, ImageToStore, Ledger, StoreTicket } from '../../ledger/ledger.js';
import { silentLog } from '../../base/log.js';
import type { Outcome } from '../outcome.js';
import { createProgress, type Progress } from '../project/progress.js';
import { openAcceptances, type Acceptances } from '../store/acceptances.js';
import { openSpool } from '../store/spool.js';
import { openStore, type Store, type StoreOptions } from '../store/store.js';
import { testKeys } from './events.js';
import { partOf, slice } from './parts.js';

export const maxInstanceBytes = 5000;
export const never = new Promise<void>(() => undefined);

/** A store over a ledger and a catalogue that say what the test wants: here it is about what the store makes of it. */
export interface StoreBed {
  store: Store;
  receipts: Acceptances;
  progress: Progress;
  /** What the ledger was given. */
  sent: ImageToStore[];
  /** What the ledger says of images that are sent from now on. */
  answer: { accepted: Promise<void>; mined: Promise<void> };
  alarms: Alarm[];
  /** Whether a second node has the blocks. */
  isHeldTwice: boolean;
  /** As the follower does when the seal of an image is in a block, by default the first that was sent; that block is the head. */
  seal(image?: Partial<CatalogInstance>, block?: bigint): void;
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
  const projected = new Map<string, Partial<CatalogInstance>>();
  const progress = createProgress();
  const spoolFolder = path.join(folder, 'spool');
  await mkdir(spoolFolder, { recursive: true });
  const receipts = await openAcceptances({ folder: path.join(folder, 'receipts') });
  const state: Pick<StoreBed, 'answer' | 'alarms' | 'isHeldTwice'> = {
    answer: { accepted: Promise.resolve(), mined: never },
    alarms: [],
    isHeldTwice: true,
  };
  const ledger = {
    depths,
    store: (image: ImageToStore): StoreTicket => {
      sent.push(image);
      return state.answer;
    },
    isHeldTwice: async () => state.isHeldTwice,
    health: async () => ({ alarms: state.alarms }),
  } as unknown as Ledger;
  const store = openStore(
    {
      ledger,
      catalog: {
        image: (imageKey: string) => projected.get(imageKey),
        hashAt: (number: bigint): Hex | undefined =>
          number <= (progress.head?.number ?? -1n) ? blockRef(number).hash : undefined,
      } as unknown as Catalog,
      keys: testKeys,
      spool: await openSpool({ folder: spoolFolder, maxInstanceBytes, minFreeBytes: 0 }),
      pictures: { preview: async () => Buffer.from('preview') } as unknown as PictureWorkers,
      progress,
      receipts,
      log: silentLog,
    },
    {
      windowBytes: 1_000_000,
      acknowledge: 'sealed',
      patientIdIssuer: 'north',
      packs: false,
      patience: { graceMs: 0, checkMs: 5 },
      ...options,
    },
  );
  const advance = (head: bigint): void => progress.advance(blockRef(head));
  return Object.assign(state, {
    store,
    receipts,
    progress,
    sent,
    advance,
    seal: (image: Partial<CatalogInstance> = {}, block = 1n) => {
      const [first] = sent;
      const imageKey = image.imageKey ?? first!.imageKey;
      const sha256 = first?.instance.sha256.slice(2);
      const uids = { SOPInstanceUID: '1.2.3.4', StudyInstanceUID: '1.2.3.5' };
      const sealed = { imageKey, state: 'sealed', sealedBlock: block } as const;
      projected.set(imageKey, { ...uids, ...sealed, ...(sha256 && { sha256 }), ...image });
      advance(block);
    },
    undo: (head: bigint) => {
      projected.clear();
      advance(head);
    },
    left: () => readdir(spoolFolder),
  });
}

export async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise(setImmediate);
}

/** Until its spool file cannot be read any more. */
export const untilClosed = ({ instance }: ImageToStore): Promise<void> =>
  until(() =>
    instance.read(0, 1).then(
      () => false,
      () => true,
    ),
  );

export const put = async ({ store }: StoreBed, file = slice()): Promise<Outcome> =>
  (await store.receive(partOf(file))).outcome;

/** The header body of a file, as the chain has it. */
export async function headerOf(file: Buffer): Promise<Buffer> {
  const scanned = await scanPart10(bufferSource(file));
  if (scanned.kind !== 'header') throw new Error(scanned.message);
  return encodeHeader(scanned.header);
}
