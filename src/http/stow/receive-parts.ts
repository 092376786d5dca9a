import { parse } from 'content-type';
import type { Archive, ImageParameters } from '../../archive/archive.js';
import { type Outcome, outcomeOfError } from '../../archive/outcome.js';
import { FAILURE_REASON } from '../../standard/failure-reasons.js';
import { LedgerError } from '../../base/errors.js';
import { readFileName } from './read-image-parameters.js';
import type { Part } from '../message/read-multipart.js';

const ACCEPTED = [
  'multipart/related; type="application/dicom"',
  'multipart/related; type="application/dicom+json"',
  'multipart/related; type="application/dicom+xml"',
  'application/dicom',
  'application/dicom+json',
  'application/dicom+xml',
  'image/jpeg',
  'image/png',
];

/**
 * Hands the parts of a multipart body to the archive, one after the other, and returns the outcome of each. A part that
 * cannot be stored has a refusal as its outcome. Where the body breaks after the first part, the break is one more refusal.
 * Throws when the body breaks before, and when every part failed for a reason that lies outside of it, such as a full disk.
 */
export async function receiveParts(
  archive: Archive,
  parts: AsyncGenerator<Part>,
  {
    StudyInstanceUID,
    mayRetire,
    rootType,
    image,
  }: {
    StudyInstanceUID: string | undefined;
    mayRetire: boolean;
    rootType: string | undefined;
    /** Of parts that are JPG or PNG, but for their file names. Throws `bad-request` where nobody says whose they are. */
    image: () => ImageParameters;
  },
): Promise<Promise<Outcome>[]> {
  const study = StudyInstanceUID === undefined ? {} : { StudyInstanceUID };
  const received: Promise<Outcome>[] = [];
  const thrown: LedgerError[] = [];
  const refuse = (error: unknown): void => {
    if (!(error instanceof LedgerError)) throw error;
    thrown.push(error);
    received.push(Promise.resolve(outcomeOfError(error)));
  };
  let last: Part | undefined;
  try {
    for await (const part of parts) {
      last = part;
      const mediaType = parse(part.headers.get('content-type') ?? 'application/dicom').type;
      const isImage = mediaType === 'image/jpeg' || mediaType === 'image/png';
      if (mediaType !== 'application/dicom' && !isImage) {
        if (rootType === undefined && received.length === 0) throw unsupported(`A part of ${mediaType.slice(0, 80)}`);
        received.push(Promise.resolve(refusedMediaType(mediaType)));
        continue;
      }
      const take = async () => {
        const whose = isImage ? { image: { ...image(), ...fileNameOf(part) } } : {};
        return archive.receive({ mediaType, body: part.body, mayRetire, ...study, ...whose });
      };
      await take().then(
        ({ outcome }) => received.push(outcome),
        (error: unknown) => refuse(part.body.errored ?? error),
      );
      // Cut off, or longer than anyone wants to read to its end.
      if (part.body.errored) break;
    }
  } catch (error) {
    if (received.length === 0) throw error;
    if (last?.body.errored !== error) refuse(error);
  }
  const [first] = thrown;
  if (first !== undefined && thrown.length === received.length) throw first;
  return received;
}

/** By Content-Disposition (RFC 6266), or the last component of Content-Location. */
function fileNameOf({ headers }: Part): { fileName?: string } {
  const [, quoted, plain] =
    /;\s*filename=(?:"([^"]*)"|([^;\s]+))/i.exec(headers.get('content-disposition') ?? '') ?? [];
  const name = quoted ?? plain ?? headers.get('content-location')?.replace(/[?#].*$/, '');
  return name === undefined || name === '' ? {} : { fileName: readFileName(Buffer.from(name, 'latin1').toString()) };
}

function refusedMediaType(mediaType: string): Outcome {
  return {
    kind: 'refused',
    reason: FAILURE_REASON.cannotUnderstand,
    message: `A part is ${mediaType.slice(0, 80)}; send application/dicom, image/jpeg or image/png.`,
  };
}

/** 415, with what can be stored. */
export function unsupported(what: string): LedgerError {
  return new LedgerError('unsupported-media-type', `${what} cannot be stored; send ${ACCEPTED.join(', ')}.`, {
    details: { accept: ACCEPTED, acceptEncoding: ['gzip', 'identity'] },
  });
}

/**
 * Throws `unavailable` when nothing was stored and all of it may be sent again (the server is stopping): PS3.18
 * Table 10.5.3-1 has 503 for that.
 */
export function requireAvailable(outcomes: readonly Outcome[]): void {
  const [first] = outcomes;
  if (first?.kind !== 'refused') return;
  if (outcomes.every((outcome) => outcome.kind === 'refused' && outcome.code === 'unavailable'))
    throw new LedgerError('unavailable', first.message, { retryable: true });
}
