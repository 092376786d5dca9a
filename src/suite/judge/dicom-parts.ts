import { readFile, type ReadFile } from './read-file.js';
import { must } from './require-status.js';
import { partsOf } from '../ask/multipart.js';
import type { Answer } from '../ask/server.js';

/** The DICOM files of a multipart answer, by SOP Instance UID. Throws `Unmet` for another answer, and for an instance that comes twice. */
export function dicomParts(answer: Answer): Map<string, ReadFile> {
  const files = new Map<string, ReadFile>();
  for (const { body } of partsOf(answer)) {
    const file = readFile(body);
    const uid = file.text(0x00080018);
    must(!files.has(uid), `The answer has instance ${uid} twice.`);
    files.set(uid, file);
  }
  return files;
}
