import type { ByteSource } from '../../base/byte-source.js';
import { transferSyntax } from './encoding.js';
import type { FileMeta } from './file-meta.js';
import { inflateDataSet, MAX_INFLATED_BYTES } from './inflate.js';
import { sourceWindow, streamWindow, type ByteWindow } from './byte-window.js';

/** Deflated data sets count from 0, all others from the first byte of the file. */
export function openInstanceWindow(
  source: ByteSource,
  meta: Pick<FileMeta, 'TransferSyntaxUID' | 'dataSetOffset'>,
  options: { maxInflatedBytes?: number },
): { window: ByteWindow; offset: number } {
  if (meta.TransferSyntaxUID !== transferSyntax.deflated)
    return { window: sourceWindow(source), offset: meta.dataSetOffset };
  const inflated = inflateDataSet(source, {
    offset: meta.dataSetOffset,
    maxInflatedBytes: options.maxInflatedBytes ?? MAX_INFLATED_BYTES,
  });
  return { window: streamWindow(inflated), offset: 0 };
}
