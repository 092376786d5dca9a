import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { ElementAt } from './elements-of.js';

const DEFLATED = '1.2.840.10008.1.2.1.99';

/** A file in which damage can be done, and the file that comes of it. */
export interface OpenedFile {
  bytes: Buffer;
  close: (changed: Buffer) => Buffer;
}

/** Opens what is deflated, so that damage reaches what is in it. `close` deflates it again. */
export function openDeflated(bytes: Buffer, elements: readonly ElementAt[]): OpenedFile {
  const meta = elements.filter(({ tag }) => tag >>> 16 === 2);
  const syntax = meta.find(({ tag }) => tag === 0x00020010);
  const end = meta.at(-1);
  if (
    !syntax ||
    !end ||
    !bytes.toString('latin1', syntax.valueAt, syntax.valueAt + syntax.valueBytes).startsWith(DEFLATED)
  )
    return { bytes, close: (changed) => changed };
  const begin = end.valueAt + end.valueBytes;
  const inflated = inflateRawSync(bytes.subarray(begin));
  return {
    bytes: Buffer.concat([bytes.subarray(0, begin), inflated]),
    close: (changed) =>
      Buffer.concat([changed.subarray(0, begin), deflateRawSync(changed.subarray(begin), { level: 1 })]),
  };
}
