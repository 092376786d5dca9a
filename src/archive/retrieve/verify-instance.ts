import { createHash } from 'node:crypto';
import type { CatalogReader } from '../../catalog/catalog.js';
import type { InstanceHeader } from '../../dicom/data-set/instance-header.js';
import { decodeHeader, encodeHeader } from '../../dicom/metadata/encode-header.js';
import { scanPart10 } from '../../dicom/part10/part10.js';
import { secondaryCapture, secondaryCaptureParameters } from '../../dicom/upload/secondary-capture.js';
import type { ByteSource } from '../../base/byte-source.js';
import { LedgerError } from '../../base/errors.js';
import type { Ledger } from '../../ledger/ledger.js';
import { pieceCount } from '../../pieces/pieces.js';
import type { Archive } from '../archive.js';
import { bodyOfTexts } from '../body-text.js';
import { bodySource } from './body-source.js';

/** Reads an instance from the chain again, past every cache: its pieces, its digest, and whether its header tells the truth about it. */
export async function verifyInstance(
  { ledger, catalog }: { ledger: Ledger; catalog: Pick<CatalogReader, 'instance' | 'bodies'> },
  SOPInstanceUID: string,
): ReturnType<Archive['verify']> {
  const instance = await catalog.instance(SOPInstanceUID);
  const bodies = instance && (await catalog.bodies(instance.id));
  if (!instance || !bodies) throw new LedgerError('not-found', `There is no instance ${SOPInstanceUID}.`);
  if (instance.state === 'announced') {
    throw new LedgerError('unavailable', `The instance ${SOPInstanceUID} is not sealed yet; verify it then.`, {
      retryable: true,
    });
  }
  const body = bodyOfTexts(bodies);
  const { byteCount } = instance;
  const result = { byteCount, pieceCount: pieceCount(body.byteCount, body.pieceBytes), problems: [] as string[] };
  try {
    const source = bodySource({ ledger }, { body, byteCount });
    const whole = createHash('sha256');
    for await (const bytes of source.stream(0, byteCount)) whole.update(bytes);
    const sha256 = whole.digest('hex');
    if (sha256 !== instance.sha256) {
      result.problems.push(`SHA-256 of the bytes on the chain is ${sha256}, announced was ${instance.sha256}.`);
    }
    const announced = decodeHeader(bodies.header);
    const again = await describe(source, announced);
    if (!again || !encodeHeader(again).equals(encodeHeader(announced))) {
      result.problems.push('The header on the chain is not the one that these bytes give.');
    }
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code === 'unavailable') throw error;
    result.problems.push(error.message);
  }
  return result;
}

/** The header that a site makes of these bytes; the data set's own digest is taken as announced (the whole's has been checked). */
async function describe(source: ByteSource, announced: InstanceHeader): Promise<InstanceHeader | undefined> {
  const result =
    announced.source === 'part10'
      ? await scanPart10(source, { dataSetSha256: announced.dataSetSha256 })
      : await secondaryCapture(source, secondaryCaptureParameters(announced));
  if (result.kind !== 'header') return undefined;
  return announced.byteCount === undefined ? result.header : { ...result.header, byteCount: source.byteCount };
}
