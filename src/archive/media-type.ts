import type { InstanceSource } from '../dicom/data-set/header.js';
import type { PartMediaType } from './archive.js';

/** What the stored bytes are. */
export function mediaTypeOf(source: InstanceSource): PartMediaType {
  return source === 'part10' ? 'application/dicom' : source;
}
