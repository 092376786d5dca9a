import type { DicomJson } from '../../standard/dicom-json.js';
import type { Request, Response } from 'express';
import type { ReadingArchive } from '../../archive/archive.js';
import type { Payload } from '../../archive/stored-instance.js';
import { wholePayload } from '../../archive/retrieve/payload.js';
import { LedgerError } from '../../base/errors.js';
import type { Offer } from './negotiate.js';
import { nativeModelXml } from './native-model-xml.js';
import { answersFresh, etagOf, sendMultipart, sendPayload } from './send-payload.js';

export const XML_MEDIA_TYPE = 'application/dicom+xml';

/** PS3.18 §8.7.3.2: JSON unless XML is asked for, which is multipart but where there is but one data set. */
export function modelOffers({ single }: { single: boolean }): readonly Offer<string>[] {
  const offer = (mediaType: string, multipart: boolean): Offer<string> => ({ mediaType, multipart, value: mediaType });
  return [
    offer('application/dicom+json', false),
    offer('application/json', false),
    offer(XML_MEDIA_TYPE, true),
    ...(single ? [offer(XML_MEDIA_TYPE, false)] : []),
  ];
}

/** Sends data sets as XML (PS3.19 §A.1): as a multipart with a part for each, or the only one by itself. */
export async function sendNativeModel(
  archive: ReadingArchive,
  {
    request,
    response,
    multipart,
    etagParts,
    lastModified,
    dataSets,
  }: {
    request: Request;
    response: Response;
    multipart: boolean;
    etagParts: readonly string[];
    lastModified?: number | undefined;
    dataSets: () => AsyncIterable<DicomJson>;
  },
): Promise<void> {
  const payloadOf = (dataSet: DicomJson): Payload => {
    const bytes = Buffer.from(nativeModelXml(dataSet, (tag) => archive.attribute(tag)?.keyword));
    return wholePayload(bytes, XML_MEDIA_TYPE);
  };
  if (!multipart) {
    const validators = { etag: etagOf([XML_MEDIA_TYPE, ...etagParts]), lastModified };
    if (answersFresh(request, response, validators)) return;
    await sendPayload(request, response, { payload: payloadOf(await first(dataSets())), validators });
    return;
  }
  const parts = async function* () {
    for await (const dataSet of dataSets()) yield { payload: payloadOf(dataSet) };
  };
  await sendMultipart(request, response, {
    parts: parts(),
    mediaType: XML_MEDIA_TYPE,
    etagParts,
    lastModified,
  });
}

/** Throws `unavailable` when there is none: a reorganisation has taken back what was found a moment before. */
async function first(dataSets: AsyncIterable<DicomJson>): Promise<DicomJson> {
  for await (const dataSet of dataSets) return dataSet;
  throw new LedgerError('unavailable', 'What was found is not in the catalogue any more; ask again in a moment.', {
    retryable: true,
  });
}
