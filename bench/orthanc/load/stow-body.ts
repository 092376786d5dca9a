import { multipartBody } from '../../../conformance/testing/dicomweb-client.js';
import type { Image } from '../../stow-and-wado.js';
import type { Answer } from './ask.js';

const BOUNDARY = 'objects-for-both';
const FAILED_SOP_SEQUENCE = '00081198';
const REFERENCED_SOP_SEQUENCE = '00081199';

/** A STOW-RS request of these objects, multipart as both servers take it. */
export function stowBody(images: readonly Image[]): { type: string; body: Buffer } {
  return {
    type: `multipart/related; type="application/dicom"; boundary=${BOUNDARY}`,
    body: multipartBody(
      images.map(({ bytes }) => bytes),
      { boundary: BOUNDARY },
    ),
  };
}

/** What is wrong with an answer to it; undefined when it says that each object is stored. */
export function stowFault({ status, text, fault }: Answer, images: readonly Image[]): string | undefined {
  if (fault !== undefined || status !== 200) return `STOW: ${fault ?? `${status} ${text.slice(0, 200)}`}`;
  const answer = JSON.parse(text) as Record<string, { Value?: unknown[] } | undefined>;
  const countOf = (tag: string): number => answer[tag]?.Value?.length ?? 0;
  return countOf(FAILED_SOP_SEQUENCE) === 0 && countOf(REFERENCED_SOP_SEQUENCE) === images.length
    ? undefined
    : `STOW of ${images.length} objects: ${text.slice(0, 200)}`;
}
