import type { Express } from 'express';
import { buffer } from 'node:stream/consumers';
import type { Archive, FoundInstance, IncomingPart } from '../../archive/archive.js';
import type { Payload } from '../../archive/stored-instance.js';
import type { Outcome } from '../../archive/outcome.js';
import { FAILURE_REASON } from '../../standard/failure-reasons.js';
import { LedgerError, type ErrorCode } from '../../base/errors.js';
import type { UploadOptions } from '../stow/store-instances.js';
import { createHttpApp, type HttpAppParts } from '../create-http-app.js';
import { httpPartsOver } from './http-app-over.js';

/** What a scripted part says of its own fate, as the JSON text of its body. */
export type Fate = Outcome | { kind: 'thrown'; code: ErrorCode };

export interface Received extends Omit<IncomingPart, 'body'> {
  body: string;
}

/** An image that was uploaded, with the text of its file. */
export type UploadedImage = FoundInstance & { body: string };

export interface UploadApp {
  app: Express;
  /** The parts that came whole. */
  received: Received[];
  /** What the catalogue knows, newest first. */
  images: UploadedImage[];
  /** The id that the archive gives to a receipt; undefined when it gives none. */
  receipt: string | undefined;
}

/** The upload routes over an archive that does what each part says: `hold` is stored once a part `release` has come. */
export function uploadApp(options: Partial<UploadOptions> = {}, parts: Partial<HttpAppParts> = {}): UploadApp {
  const received: Received[] = [];
  const images: UploadedImage[] = [];
  let release = (): void => undefined;
  const released = new Promise<Outcome>((resolve) => (release = () => resolve(stored())));
  const archive = {
    async receive({ body, ...label }: IncomingPart) {
      const text = (await buffer(body)).toString();
      const rest = { ...label };
      delete rest.mayRetire;
      received.push({ ...rest, body: text });
      if (text === 'hold') return { outcome: released };
      if (text === 'release') release();
      const fate = text.startsWith('{') ? (JSON.parse(text) as Fate) : stored();
      if (fate.kind === 'thrown') throw new LedgerError(fate.code, `Thrown ${fate.code}.`);
      return { outcome: Promise.resolve(fate) };
    },
    issueAcceptance: async () => uploads.receipt,
    version: async () => String(images.length),
    async *images(_PatientID: string, fileName?: string) {
      for (const image of images)
        if (fileName === undefined || (image.fileName ?? image.SOPInstanceUID) === fileName) yield image;
    },
    open: async (image: UploadedImage) => ({
      storedFile: (): Payload => ({
        mediaType: image.mediaType,
        byteCount: image.byteCount,
        etag: image.sha256,
        async *open() {
          yield Buffer.from(image.body);
        },
      }),
    }),
  } as unknown as Archive;
  const app = createHttpApp({ ...httpPartsOver(archive, { publicUrl: 'http://h', ...options }), ...parts });
  const uploads: UploadApp = { app, received, images, receipt: undefined };
  return uploads;
}

export function stored(SOPInstanceUID = '1.2.3', also: Partial<Extract<Outcome, { kind: 'stored' }>> = {}): Outcome {
  return {
    kind: 'stored',
    StudyInstanceUID: '1.1',
    SeriesInstanceUID: '1.2',
    SOPInstanceUID,
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.2',
    sha256: 'ab'.repeat(32),
    alreadyThere: false,
    ...also,
  };
}

export function refused(
  code: keyof typeof FAILURE_REASON,
  SOPInstanceUID?: string,
): Extract<Outcome, { kind: 'refused' }> {
  return {
    kind: 'refused',
    reason: FAILURE_REASON[code],
    message: `Refused for ${code}.`,
    ...(SOPInstanceUID && { SOPInstanceUID, SOPClassUID: '1.2.840.10008.5.1.4.1.1.2' }),
  };
}

/** A multipart/related body of application/dicom parts with boundary `b`. */
export function multipartOf(fates: readonly (Fate | string)[]): string {
  const parts = fates.map((fate) => {
    const body = typeof fate === 'string' ? fate : JSON.stringify(fate);
    return `--b\r\nContent-Type: application/dicom\r\n\r\n${body}\r\n`;
  });
  return `${parts.join('')}--b--`;
}
