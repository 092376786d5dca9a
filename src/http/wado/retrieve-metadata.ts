import type { DicomJson } from '../../standard/dicom-json.js';
import type { Request, Response } from 'express';
import type { Archive } from '../../archive/archive.js';
import type { KeptAnswers } from '../message/kept-answers.js';
import { lastModified } from '../message/last-modified.js';
import { negotiate } from '../message/negotiate.js';
import { jsonArray, sendJson } from '../message/send-json.js';
import { dicomwebRoot, type RootOptions } from '../message/dicomweb-root.js';
import { findInstances, idsOf } from '../message/find-instances.js';
import { modelOffers, sendNativeModel, XML_MEDIA_TYPE } from '../message/send-native-model.js';

/**
 * Metadata of a study, series or instance (PS3.18 §10.4.1.1.2): one JSON array or an XML part for each, streamed, bulk data by absolute URI.
 * What is compressed is kept in `answers`.
 */
export async function retrieveMetadata(
  archive: Archive,
  {
    request,
    response,
    publicUrl,
    answers,
  }: RootOptions & { request: Request; response: Response; answers: KeptAnswers },
): Promise<void> {
  const ids = idsOf(request);
  const found = await findInstances(archive, ids);
  const { value: mediaType, multipart } = negotiate(request, modelOffers({ single: found.length === 1 }));
  const root = dicomwebRoot(request, publicUrl);
  const etagParts = [root, ...found.map(({ sha256 }) => sha256)];
  const [instance] = found;
  const changed = ids.SOPInstanceUID === undefined ? undefined : lastModified(instance, { isStored: false });
  const validators = { etagParts, lastModified: changed };
  const texts = () => absoluteTexts(archive.metadata(ids), root);
  if (mediaType === XML_MEDIA_TYPE)
    await sendNativeModel(archive, { request, response, multipart, ...validators, dataSets: () => parsed(texts()) });
  else {
    // Of another site's, metadata say whose they are, by a name that can change.
    const kept = found.every((one) => archive.isOwn(one))
      ? { answers, parts: found.map(({ contentKey }) => contentKey) }
      : undefined;
    await sendJson(request, response, { mediaType, ...validators, chunks: () => jsonArray(texts()), kept });
  }
}

/** `texts` are JSON objects with URIs relative to the root; a quote within a value is escaped, so this finds URIs only. */
async function* absoluteTexts(texts: AsyncIterable<string>, root: string): AsyncGenerator<string> {
  const absolute = `"BulkDataURI":"${root}/studies/`;
  for await (const text of texts) yield text.replaceAll('"BulkDataURI":"studies/', absolute);
}

async function* parsed(texts: AsyncIterable<string>): AsyncGenerator<DicomJson> {
  for await (const text of texts) yield JSON.parse(text) as DicomJson;
}
