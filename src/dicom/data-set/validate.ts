import { identify, type Identity } from './attributes.js';
import type { InstanceHeader } from './instance-header.js';

/** Whether a text is a UID by PS3.5 §9.1. Components may begin with zeros, since those of many real files do. */
export function isUid(text: string): boolean {
  return text.length <= 64 && /^\d+(\.\d+)*$/.test(text);
}

/**
 * Refuses an instance that lacks one of the four UIDs by which it is found again, or has one that is not valid. A
 * (0002,0003) that differs from (0008,0018) is only a warning.
 */
export function validate({
  header,
  MediaStorageSOPInstanceUID,
  warnings = [],
}: {
  header: InstanceHeader;
  MediaStorageSOPInstanceUID?: string | undefined;
  warnings?: string[];
}): ScanResult {
  const identity: Identity = identify(header);
  const { SOPClassUID, SOPInstanceUID } = identity;
  const known = isUid(SOPClassUID) && isUid(SOPInstanceUID) ? { SOPClassUID, SOPInstanceUID } : {};
  for (const keyword of ['SOPClassUID', 'SOPInstanceUID', 'StudyInstanceUID', 'SeriesInstanceUID'] as const) {
    const uid = identity[keyword];
    if (isUid(uid)) continue;
    const message =
      uid === ''
        ? `The data set has no ${keyword}; add it and send the instance again.`
        : `The ${keyword} ${shown(uid)} is not a UID (PS3.5 §9.1); correct it and send the instance again.`;
    return { kind: 'refused', reason: 'data-set-mismatch', message, ...known };
  }
  const differing =
    MediaStorageSOPInstanceUID !== undefined && MediaStorageSOPInstanceUID !== SOPInstanceUID
      ? [`(0002,0003) is not (0008,0018) ${SOPInstanceUID}, by which the instance is kept.`]
      : [];
  return { kind: 'header', header, identity, warnings: [...differing, ...warnings] };
}

/** What is no UID by its characters may be a patient's name, and is not repeated. */
function shown(text: string): string {
  return /^[\d.]+$/.test(text) ? `"${text.slice(0, 80)}"` : 'has characters other than digits and dots, and';
}

/** The outcome of reading a Part 10 file. Messages are sentences without patient attributes. */
export type ScanResult =
  | { kind: 'header'; header: InstanceHeader; identity: Identity; warnings: string[] }
  | {
      kind: 'refused';
      reason: 'cannot-understand' | 'data-set-mismatch';
      message: string;
      SOPClassUID?: string;
      SOPInstanceUID?: string;
    };
