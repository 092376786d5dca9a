import type { Request, Response } from 'express';
import type { Archive, DicomJson } from '../../archive/archive.js';
import { negotiate } from '../message/negotiate.js';
import { jsonArray, sendJson } from '../message/send-json.js';
import { dicomwebRoot, type RootOptions } from '../message/dicomweb-root.js';
import { findInstances, idsOf } from '../message/resource.js';
import { modelOffers, sendNativeModel, XML_MEDIA_TYPE } from '../message/send-native-model.js';

/** Metadata of a study, series or instance (PS3.18 §10.4.1.1.2): one JSON array or an XML part for each, streamed, bulk data by absolute URI. */
export async function retrieveMetadata(
  archive: Archive,
  { request, response, publicUrl }: RootOptions & { request: Request; response: Response },
): Promise<void> {
  const ids = idsOf(request);
  const found = findInstances(archive, ids);
  const { value: mediaType, multipart } = negotiate(request, modelOffers({ single: found.length === 1 }));
  const root = dicomwebRoot(request, publicUrl);
  const etagParts = [root, ...found.map(({ sha256 }) => sha256)];
  const texts = () => absoluteTexts(archive.catalog.metadata(ids), root);
  if (mediaType === XML_MEDIA_TYPE)
    await sendNativeModel(archive, { request, response, multipart, etagParts, dataSets: () => parsed(texts()) });
  else await sendJson(request, response, { mediaType, etagParts, chunks: () => jsonArray(texts()) });
}

/** `texts` are JSON objects with URIs relative to the root; a quote within a value is escaped, so this finds URIs only. */
function* absoluteTexts(texts: Iterable<string>, root: string): Generator<string> {
  const absolute = `"BulkDataURI":"${root}/studies/`;
  for (const text of texts) yield text.replaceAll('"BulkDataURI":"studies/', absolute);
}

function* parsed(texts: Iterable<string>): Generator<DicomJson> {
  for (const text of texts) yield JSON.parse(text) as DicomJson;
}
