import type { Request, Response } from 'express';
import type { ReadingArchive, FoundInstance } from '../../archive/archive.js';
import { isEncapsulated } from '../../standard/transfer-syntaxes.js';
import { answersFresh, etagOf } from '../message/send-payload.js';
import { streamOut } from '../message/stream-out.js';
import { zipStream, type ZipEntry } from '../message/zip-stream.js';
import { type Choice, openInstance } from './object-offers.js';

/**
 * Sends instances as a zip (PS3.18 §8.6.1.3) of DICOM files, each named by its UIDs below its series: nothing of a patient is in a name.
 * The ETag is weak: another release of zlib may pack the same files otherwise.
 */
export async function sendZip(
  archive: ReadingArchive,
  {
    request,
    response,
    name,
    chosen,
    choose,
    etagParts,
  }: {
    request: Request;
    response: Response;
    /** Of the file, without `.zip`. */
    name: string;
    chosen: readonly FoundInstance[];
    choose: Choice;
    etagParts: readonly string[];
  },
): Promise<void> {
  if (answersFresh(request, response, { etag: `W/${etagOf(['zip', ...etagParts])}` })) return;
  response.setHeader('Content-Type', 'application/zip');
  response.setHeader('Content-Disposition', `attachment; filename="${name}.zip"`);
  if (request.method === 'HEAD') response.end();
  else await streamOut(response, zipStream(entriesOf(archive, { chosen, choose })));
}

async function* entriesOf(
  archive: ReadingArchive,
  { chosen, choose }: { chosen: readonly FoundInstance[]; choose: Choice },
): AsyncGenerator<ZipEntry> {
  for (const instance of chosen) {
    const payload = await openInstance(archive, instance, choose(instance));
    yield {
      name: `${instance.SeriesInstanceUID}/${instance.SOPInstanceUID}.dcm`,
      modifiedAt: instance.sealedAt ?? instance.announcedAt,
      byteCount: payload.byteCount,
      isCompressible: !isEncapsulated(payload.transferSyntaxUID ?? instance.transferSyntaxUID),
      open: () => payload.open(),
    };
  }
}
