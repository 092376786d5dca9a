import type { DicomJson } from '../../standard/dicom-json.js';
import { type Identity, identify } from '../../dicom/data-set/attributes.js';
import type { InstanceHeader } from '../../dicom/data-set/instance-header.js';
import { decodeHeader } from '../../dicom/metadata/encode-header.js';
import { toDicomJson } from '../../dicom/metadata/json.js';

/** What a catalogue takes from the header body of an announcement. */
export interface AnnouncedHeader {
  header: InstanceHeader;
  identity: Identity;
  /** DICOM JSON (PS3.18 §F.2); BulkDataURIs are relative to the service root. */
  metadata: DicomJson;
}

/**
 * Reads the header body of an announcement. Throws for what no catalogue can read: the store asks before it announces, since
 * such an announcement would stay on the chain for ever and no site would ever show it.
 */
export function readAnnouncedHeader(bytes: Buffer): AnnouncedHeader {
  const header = decodeHeader(bytes);
  const identity = identify(header);
  const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID } = identity;
  const root = `studies/${StudyInstanceUID}/series/${SeriesInstanceUID}/instances/${SOPInstanceUID}/bulkdata/`;
  return { header, identity, metadata: toDicomJson(header, { bulkDataUri: (path) => root + path }) };
}
