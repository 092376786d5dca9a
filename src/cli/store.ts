import { openAsBlob } from 'node:fs';
import path from 'node:path';
import pLimit from 'p-limit';
import { LedgerError } from '../base/errors.js';
import type { ImageDescription } from '../standard/image-attributes.js';
import { type FileToStore, filesToStore } from './files-to-store.js';
import { imageOwners } from './image-owner.js';
import { peekSOPInstanceUID } from '../dicom/part10/part10.js';
import type { ServerAddress } from './server-address.js';
import { callServer } from './call-server.js';
import { readStowAnswer } from './stow-answer.js';
import { type StoreResult, startProgressReport } from './progress-report.js';

/** An answer comes two or three blocks after its request: so many of half a megabyte keep full blocks coming. */
const IN_FLIGHT = 32;

/** Options about JPG and PNG files; they go before what a `metadata.csv` says. */
export interface SaidOfImages {
  patientName?: string;
  patientSex?: string;
  patientBirthDate?: string;
  modality?: string;
  studyDescription?: string;
  bodyPart?: string;
}

/** Ends with exit code 1 when any file was refused. */
export async function store(
  paths: string[],
  { server, patientId, ...said }: { server: ServerAddress; patientId?: string } & SaidOfImages,
): Promise<void> {
  const files = await filesToStore(paths);
  const totalBytes = files.reduce((sum, { byteCount }) => sum + byteCount, 0);
  const tally = startProgressReport({ total: files.length, totalBytes, noun: 'files' });
  const limit = pLimit(IN_FLIGHT);
  const ownerOf = imageOwners();
  const lastOfUid = new Map<string, Promise<void>>();
  const sending: Promise<void>[] = [];

  for (const file of files) {
    const uid = file.mediaType === 'application/dicom' ? await peekSOPInstanceUID(file.file) : undefined;
    const before = uid === undefined ? undefined : lastOfUid.get(uid);
    const sent = (async () => {
      await before;
      await limit(() => send(file));
    })();
    if (uid !== undefined) lastOfUid.set(uid, sent);
    sending.push(sent);
  }
  await Promise.all(sending);
  tally.finish();

  async function send(file: FileToStore): Promise<void> {
    const fate = await post(file).catch((error: unknown): StoreResult => ({
      kind: 'refused',
      why: (error as Error).message,
    }));
    tally.count(file.file, fate, file.byteCount);
  }

  async function post(file: FileToStore): Promise<StoreResult> {
    const response = await callServer(server, `/dicom-web/studies${await queryOf(file)}`, {
      method: 'POST',
      headers: { 'Content-Type': file.mediaType, Accept: 'application/dicom+json' },
      body: await openAsBlob(file.file),
    });
    return readStowAnswer(response);
  }

  async function queryOf({ file, mediaType }: FileToStore): Promise<string> {
    if (mediaType === 'application/dicom') return '';
    const owner = patientId === undefined ? await ownerOf(file) : { PatientID: patientId };
    if (!owner) {
      throw new LedgerError(
        'bad-request',
        'Nobody says whose image it is: give --patient-id, or a metadata.csv with its file name.',
      );
    }
    return `?${new URLSearchParams({ ...owner, ...descriptionOf(said), fileName: path.basename(file) }).toString()}`;
  }
}

function descriptionOf({
  patientName,
  patientSex,
  patientBirthDate,
  modality,
  ...rest
}: SaidOfImages): ImageDescription {
  const all = {
    PatientName: patientName,
    PatientSex: patientSex,
    PatientBirthDate: patientBirthDate,
    Modality: modality,
    StudyDescription: rest.studyDescription,
    BodyPartExamined: rest.bodyPart,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
