import { openAsBlob } from 'node:fs';
import path from 'node:path';
import { SingleBar } from 'cli-progress';
import pLimit from 'p-limit';
import { LedgerError } from '../errors.js';
import { type FileToStore, filesToStore } from './files-to-store.js';
import { imageOwners } from './image-owner.js';
import { readFate } from './stow-answer.js';
import { peekSOPInstanceUID } from '../dicom/part10.js';
import { callServer } from './server.js';

const IN_FLIGHT = 8;

interface Summary {
  stored: number;
  alreadyThere: number;
  refused: { file: string; why: string }[];
}

/** Ends with exit code 1 when any file was refused. */
export async function store(paths: string[], { url, patientId }: { url: string; patientId?: string }): Promise<void> {
  const files = await filesToStore(paths);
  const totalBytes = files.reduce((sum, { byteCount }) => sum + byteCount, 0);
  const bar = new SingleBar({
    format: '{bar} {percentage}% | {done}/{files} files | {rate} MB/s | {eta_formatted} left',
    stream: process.stderr,
  });
  bar.start(totalBytes, 0, { done: 0, files: files.length, rate: '0.0' });

  const started = performance.now();
  const summary: Summary = { stored: 0, alreadyThere: 0, refused: [] };
  let done = 0;
  let doneBytes = 0;
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
  bar.stop();

  const seconds = (performance.now() - started) / 1000;
  summary.refused.sort((a, b) => (a.file < b.file ? -1 : 1));
  for (const { file, why } of summary.refused) console.log(`refused ${file}: ${why}`);
  console.log(
    `${summary.stored} stored, ${summary.alreadyThere} already there, ${summary.refused.length} refused; ` +
      `${(totalBytes / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s (${(totalBytes / 1e6 / seconds).toFixed(2)} MB/s).`,
  );
  if (summary.refused.length > 0) process.exitCode = 1;

  async function send(file: FileToStore): Promise<void> {
    try {
      const fate = await post(file);
      if (fate.kind === 'refused') summary.refused.push({ file: file.file, why: fate.why });
      else summary[fate.kind]++;
    } catch (error) {
      summary.refused.push({ file: file.file, why: (error as Error).message });
    }
    doneBytes += file.byteCount;
    bar.increment(file.byteCount, {
      done: ++done,
      rate: (doneBytes / 1e3 / (performance.now() - started)).toFixed(1),
    });
  }

  async function post(file: FileToStore) {
    const response = await callServer(url, `/dicom-web/studies${await queryOf(file)}`, {
      method: 'POST',
      headers: { 'Content-Type': file.mediaType, Accept: 'application/dicom+json' },
      body: await openAsBlob(file.file),
    });
    return readFate(response);
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
    return `?${new URLSearchParams({ ...owner, fileName: path.basename(file) }).toString()}`;
  }
}
