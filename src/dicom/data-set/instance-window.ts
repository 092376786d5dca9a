import type { ByteSource } from '../../base/byte-source.js';
import type { FileMeta } from './file-meta.js';
import { inflateDataSet, MAX_INFLATED_BYTES } from './inflate.js';
import { sourceWindow, streamWindow, type ByteWindow } from './byte-window.js';
import { traitsOf } from '../../standard/transfer-syntaxes.js';

/**
 * A window over the data set of an instance and the offset at which it begins: offsets in a deflated data set count
 * from its first inflated byte, all others from the first byte of the file.
 */
export function createInstanceWindow(
  source: ByteSource,
  meta: Pick<FileMeta, 'TransferSyntaxUID' | 'dataSetOffset'>,
  options: { maxInflatedBytes?: number },
): { window: ByteWindow; offset: number } {
  if (!traitsOf(meta.TransferSyntaxUID).deflated) return { window: sourceWindow(source), offset: meta.dataSetOffset };
  const inflated = inflateDataSet(source, {
    offset: meta.dataSetOffset,
    maxInflatedBytes: options.maxInflatedBytes ?? MAX_INFLATED_BYTES,
  });
  return { window: streamWindow(inflated), offset: 0 };
}
