import type { DicomJson } from '../../standard/dicom-json.js';
import { identify, type Identity } from '../data-set/attributes.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { decodeHeader } from './encode-header.js';
import { toDicomJson } from './json.js';

/** What a header body says. */
export interface HeaderContent {
  header: InstanceHeader;
  identity: Identity;
  /** DICOM JSON (PS3.18 §F.2); BulkDataURIs are relative to the service root. */
  metadata: DicomJson;
}

/**
 * Reads a header body. Throws `too-large` for one that inflates to more than `maxBytes` or is packed too tightly, `corrupt` for what
 * nobody can read.
 */
export function readHeader(bytes: Buffer, options: { maxBytes?: number } = {}): HeaderContent {
  const header = decodeHeader(bytes, options);
  const identity = identify(header);
  const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID } = identity;
  const root = `studies/${StudyInstanceUID}/series/${SeriesInstanceUID}/instances/${SOPInstanceUID}/bulkdata/`;
  return { header, identity, metadata: toDicomJson(header, { bulkDataUri: (path) => root + path }) };
}
