import { inflateRawSync } from 'node:zlib';
import type { DicomJson } from '../../standard/dicom-json.js';
import type { Statements } from './statements.js';

/**
 * Reads attributes that many instances have alike, by the id that an instance has of them; none for null. What was read is remembered as
 * long as the reader is: no longer than until the next rollback, which may give the id to others.
 */
export function createSharedAttributes({ prepared }: Statements): (id: number | null) => DicomJson {
  const known = new Map<number, DicomJson>();
  return (id) => {
    if (id === null) return {};
    const before = known.get(id);
    if (before) return before;
    const { deflated } = prepared('SELECT deflated FROM shared WHERE id = ?').get(id) as { deflated: Buffer };
    const attributes = JSON.parse(inflateRawSync(deflated).toString()) as DicomJson;
    // All instances of a series have the same few; of those that have their own each, the last are enough.
    if (known.size >= MOST) known.clear();
    known.set(id, attributes);
    return attributes;
  };
}

const MOST = 100;
