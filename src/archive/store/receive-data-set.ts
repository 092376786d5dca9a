import { Readable } from 'node:stream';
import pLimit from 'p-limit';
import { LedgerError } from '../../base/errors.js';
import { isUid } from '../../dicom/data-set/validate.js';
import { composeInstance } from '../../dicom/compose/compose-instance.js';
import type { DicomJson } from '../../standard/dicom-json.js';
import type { Archive, IncomingDataSet } from '../archive.js';
import { outcomeOfError } from '../outcome.js';

/** Decoding pictures takes many times their memory: two at a time. */
const composing = pLimit(2);

/** Makes the file of metadata and bulk data, and hands it to `receive`; what makes none is a refusal. */
export async function receiveDataSet(
  receive: Archive['receive'],
  { dataSet, bulk, ...rest }: IncomingDataSet,
): ReturnType<Archive['receive']> {
  let chunks: Buffer[];
  try {
    chunks = await composing(() => composeInstance({ dataSet, bulk }));
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code !== 'bad-request') throw error;
    return { outcome: Promise.resolve(outcomeOfError(error, uidsOf(dataSet))) };
  }
  return receive({ ...rest, mediaType: 'application/dicom', body: Readable.from(chunks, { objectMode: false }) });
}

function uidsOf(dataSet: DicomJson): { SOPClassUID?: string; SOPInstanceUID?: string } {
  const [SOPClassUID, SOPInstanceUID] = ['00080016', '00080018'].map((tag) => dataSet[tag]?.Value?.[0]);
  const areUids = typeof SOPClassUID === 'string' && typeof SOPInstanceUID === 'string';
  return areUids && isUid(SOPClassUID) && isUid(SOPInstanceUID) ? { SOPClassUID, SOPInstanceUID } : {};
}
