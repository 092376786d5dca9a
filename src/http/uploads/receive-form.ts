import type { Request, Response } from 'express';
import multer from 'multer';
import path from 'node:path';
import type { Archive, PartMediaType } from '../../archive/archive.js';
import { type Outcome, outcomeOfError } from '../../archive/outcome.js';
import { FAILURE_REASON } from '../../standard/failure-reasons.js';
import { LedgerError } from '../../base/errors.js';
import { queryOf } from '../message/dicomweb-root.js';
import {
  IMAGE_PARAMETERS,
  readFileName,
  readImageParameters,
  unknownImageParameters,
} from '../stow/read-image-parameters.js';

export interface UploadedFile {
  fileName: string;
  outcome: Outcome;
}

/** Bounds of one form; each file's size is bounded by the archive. */
const FORM_LIMITS = { files: 10_000, fields: 20, fieldNameSize: 100, fieldSize: 1024 };

const FIELD_NAMES = IMAGE_PARAMETERS.filter((name) => name !== 'fileName');
type Fields = Partial<Record<(typeof FIELD_NAMES)[number], string>>;

/**
 * Reads a multipart/form-data request (RFC 7578) and hands each file over as its bytes come, one after the other. The fields
 * (`IMAGE_PARAMETERS`) apply to all files and stand before the first; the query may say the same. What is wrong with one file is its
 * outcome. Throws `bad-request` for a form that cannot be read, `too-large` beyond a limit.
 */
export async function receiveForm(
  archive: Archive,
  { request, response, PatientID }: { request: Request; response: Response; PatientID: string },
): Promise<UploadedFile[]> {
  const received: { fileName: string; outcome: Promise<Outcome> }[] = [];
  const thrown: LedgerError[] = [];
  let turn: Promise<void> = Promise.resolve();
  let fields: Fields | undefined;

  const receive = async (file: Express.Multer.File): Promise<{ outcome: Promise<Outcome> }> => {
    const fileName = readFileName(file.originalname);
    const mediaType = mediaTypeOf(file);
    const image = readImageParameters(PatientID, (name) => (name === 'fileName' ? fileName : fields?.[name]));
    if (mediaType === undefined) return settled(refusedMediaType(file.mimetype));
    try {
      return await archive.receive({ mediaType, body: file.stream, image });
    } catch (error) {
      if (!(error instanceof LedgerError) || file.stream.errored) throw error;
      thrown.push(error);
      return settled(outcomeOfError(error));
    }
  };
  const storage: multer.StorageEngine = {
    _handleFile: (_request, file, done) => {
      // Without a listener a form that is cut off would end the process.
      file.stream.on('error', () => undefined);
      try {
        fields ??= readFields(request);
      } catch (error) {
        done(error);
        return;
      }
      turn = turn
        .then(() => receive(file))
        .then(({ outcome }) => {
          received.push({ fileName: readFileName(file.originalname), outcome });
          file.stream.resume();
          done(null, {});
        })
        .catch((error: unknown) => {
          file.stream.resume();
          done(error);
        });
    },
    // What has been received whole stays.
    _removeFile: (_request, _file, done) => done(null),
  };

  const form = multer({ storage, limits: FORM_LIMITS, defParamCharset: 'utf8' }).any();
  await new Promise<void>((resolve, reject) => {
    void form(request, response, (error: unknown) => (error === undefined ? resolve() : reject(asLedgerError(error))));
  });
  const files = await Promise.all(
    received.map(async ({ fileName, outcome }) => ({ fileName, outcome: await outcome })),
  );
  const [first] = thrown;
  if (first !== undefined && thrown.length === files.length) throw first;
  if (fields !== undefined) requireUnchanged(fields, { now: readFields(request), fileCount: files.length });
  return files;
}

const settled = (outcome: Outcome) => ({ outcome: Promise.resolve(outcome) });

function readFields(request: Request): Fields {
  const body = (request.body ?? {}) as Record<string, unknown>;
  const query = queryOf(request);
  return Object.fromEntries(
    FIELD_NAMES.flatMap((name) => {
      const value = body[name] ?? query.get(name) ?? undefined;
      if (value === undefined) return [];
      if (typeof value !== 'string')
        throw new LedgerError('bad-request', `The field ${name} stands twice in the form.`);
      return [[name, value]];
    }),
  );
}

/** Names of fields and of the query that mean nothing. */
export function unknownFields(request: Request): string[] {
  const body = (request.body ?? {}) as Record<string, unknown>;
  return unknownImageParameters([...Object.keys(body), ...queryOf(request).keys()]);
}

function requireUnchanged(fields: Fields, { now, fileCount }: { now: Fields; fileCount: number }): void {
  const late = FIELD_NAMES.find((name) => fields[name] !== now[name]);
  if (late !== undefined)
    throw new LedgerError(
      'bad-request',
      `The field ${late} came after a file and was not applied to the ${fileCount} files; put fields before files.`,
    );
}

/** What the form says, or the name where it says nothing in particular. */
function mediaTypeOf(file: Express.Multer.File): PartMediaType | undefined {
  const said = file.mimetype.toLowerCase();
  if (said === 'image/jpeg' || said === 'image/jpg' || said === 'image/pjpeg') return 'image/jpeg';
  if (said === 'image/png') return 'image/png';
  if (said !== 'application/octet-stream') return undefined;
  const extension = path.extname(file.originalname).toLowerCase();
  if (extension === '.png') return 'image/png';
  return extension === '.jpg' || extension === '.jpeg' ? 'image/jpeg' : undefined;
}

function refusedMediaType(mediaType: string): Outcome {
  return {
    kind: 'refused',
    reason: FAILURE_REASON.cannotUnderstand,
    message: `The file is ${mediaType.slice(0, 80)}; send image/jpeg or image/png, and DICOM files by STOW-RS.`,
  };
}

/** All that multer and its parser throw of themselves is wrong with the form. */
function asLedgerError(error: unknown): LedgerError {
  if (error instanceof LedgerError) return error;
  const { code = '', message } = error as { code?: string; message: string };
  return code.startsWith('LIMIT_')
    ? new LedgerError('too-large', `The form is beyond a limit: ${message}. Send fewer or shorter fields and files.`)
    : new LedgerError('bad-request', `The form cannot be read: ${message}.`, { cause: error });
}
