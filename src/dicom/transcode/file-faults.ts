import { traitsOf } from '../../standard/transfer-syntaxes.js';
import type { ByteSource } from '../../base/byte-source.js';
import { encodingOf, explicitLittleEndian } from '../data-set/encoding.js';
import { ITEM, itemHeader } from '../data-set/element-header.js';
import { preamble } from '../data-set/file-meta.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { createInstanceWindow } from '../data-set/instance-window.js';
import { memoryWindow } from '../data-set/byte-window.js';
import { driveWalk, walkDataSet } from '../data-set/walk-data-set.js';

const PIXEL_DATA_PATH = '7FE00010';
const TAIL_BYTES = 8;
/** A File Meta is no longer where it is read. */
const MAX_FILE_META_BYTES = 65_536;

/** What the stored bytes of a Part 10 file lack, or have too much of, to be read by everyone (PS3.10 §7). */
export interface FileFaults {
  /** To be put before them: preamble and prefix, or what is missing of both; empty where they are there. */
  before: Buffer;
  /** Of a second File Meta, with which the data set begins and which says nothing; 0 where there is none. */
  secondFileMetaBytes: number;
  /** How many of the bytes are the file: behind it there is nothing but zeros. */
  byteCount: number;
  /** Native pixels are in an item, where no transfer syntax has them. */
  isInItem: boolean;
}

/** Finds them from the header, and from some bytes of the file where its last long value does not end it. */
export async function fileFaults(source: ByteSource, header: InstanceHeader): Promise<FileFaults> {
  const before = missingStart(header);
  const ends = header.bulk.map(({ offset, byteCount }) => offset + byteCount);
  const isDeflated = traitsOf(header.transferSyntaxUID).deflated;
  const last = ends.reduce((most, end) => Math.max(most, end), 0);
  const { byteCount } = source;
  if (isDeflated) return { before, secondFileMetaBytes: 0, byteCount, isInItem: false };
  const secondFileMetaBytes = await fileMetaBytes(source, header);
  if (last === byteCount) return { before, secondFileMetaBytes, byteCount, isInItem: false };
  return {
    before,
    secondFileMetaBytes,
    byteCount: await dataSetEnd(source, header),
    isInItem: await isInItem(source, header),
  };
}

/** What is missing of preamble and prefix; a file may have the prefix alone. */
export function missingStart({ fileMeta, dataSetOffset }: InstanceHeader): Buffer {
  const start = preamble();
  return start.subarray(0, Math.max(0, start.length - (dataSetOffset - fileMeta.length)));
}

async function isInItem(source: ByteSource, { bulk, frames }: InstanceHeader): Promise<boolean> {
  const pixels = bulk.find(({ path }) => path === PIXEL_DATA_PATH);
  if (pixels === undefined || frames?.kind !== 'native') return false;
  const item = itemHeader(explicitLittleEndian, ITEM, pixels.byteCount);
  return item.equals(await source.read(pixels.offset - item.length, item.length));
}

/** How long the elements of group 0002 are with which the data set begins. */
async function fileMetaBytes(source: ByteSource, header: InstanceHeader): Promise<number> {
  const { dataSetOffset, dataSet, bulk } = header;
  // All is there that the header describes, and nothing else.
  const described = bulk.reduce((sum, { byteCount }) => sum + byteCount, dataSetOffset + dataSet.length);
  if (described === source.byteCount) return 0;
  const start = await source.read(dataSetOffset, Math.min(MAX_FILE_META_BYTES, source.byteCount - dataSetOffset));
  const encoding = encodingOf(header.transferSyntaxUID, dataSet);
  const walk = walkDataSet(memoryWindow(start), { offset: 0, encoding, presentBytes: 0 });
  let end = 0;
  for (let step = walk.next(true); !step.done; step = walk.next(true)) {
    const token = step.value;
    if (token.kind !== 'value' || token.tag >>> 16 !== 0x0002) break;
    end = token.offset + token.byteCount;
  }
  return end;
}

async function dataSetEnd(source: ByteSource, header: InstanceHeader): Promise<number> {
  const { byteCount } = source;
  const tailBytes = Math.min(TAIL_BYTES, byteCount);
  if ((await source.read(byteCount - tailBytes, tailBytes)).some((byte) => byte !== 0)) return byteCount;
  const { transferSyntaxUID: TransferSyntaxUID, dataSetOffset, dataSet } = header;
  const { window, offset } = createInstanceWindow(source, { TransferSyntaxUID, dataSetOffset }, {});
  let end = byteCount;
  await driveWalk(window, {
    offset,
    encoding: encodingOf(TransferSyntaxUID, dataSet),
    presentBytes: 0,
    onToken: (token) => {
      if (token.kind === 'warning' && token.dataSetEnd !== undefined) end = token.dataSetEnd;
    },
  });
  await window.close();
  return end;
}
