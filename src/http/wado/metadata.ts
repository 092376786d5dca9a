import { Router, type Request, type Response } from 'express';
import type { Archive } from '../../archive/archive.js';
import { negotiate } from '../message/accept.js';
import { jsonArray, sendJson } from '../message/send-json.js';
import { dicomwebRoot, type RootOptions } from '../message/request-url.js';
import { findInstances, idsOf, resource } from '../message/resource.js';
import { modelOffers, sendNativeModel, XML_MEDIA_TYPE } from '../message/send-native-model.js';
import type { DicomJson } from '../../standard/dicom-json.js';

const PATHS = [
  '/studies/:study/metadata',
  '/studies/:study/series/:series/metadata',
  '/studies/:study/series/:series/instances/:instance/metadata',
];

/** Metadata of a study, series or instance (PS3.18 §10.4.1.1.2): one JSON array or an XML part for each, streamed, bulk data by absolute URI. */
export function metadataRoutes(archive: Archive, { publicUrl }: RootOptions): Router {
  const router = Router({ caseSensitive: true });
  const get = async (request: Request, response: Response) => {
    const ids = idsOf(request);
    const found = findInstances(archive, ids);
    const { value: mediaType, multipart } = negotiate(request, modelOffers({ single: found.length === 1 }));
    const root = dicomwebRoot(request, publicUrl);
    const etagParts = [root, ...found.map(({ sha256 }) => sha256)];
    const texts = () => absoluteTexts(archive.catalog.metadata(ids), root);
    if (mediaType === XML_MEDIA_TYPE)
      await sendNativeModel(archive, { request, response, multipart, etagParts, dataSets: () => parsed(texts()) });
    else await sendJson(request, response, { mediaType, etagParts, chunks: () => jsonArray(texts()) });
  };
  for (const path of PATHS) resource(router, path, { get });
  return router;
}

/** `texts` are JSON objects with URIs relative to the root; a quote within a value is escaped, so this finds URIs only. */
function* absoluteTexts(texts: Iterable<string>, root: string): Generator<string> {
  const absolute = `"BulkDataURI":"${root}/studies/`;
  for (const text of texts) yield text.replaceAll('"BulkDataURI":"studies/', absolute);
}

function* parsed(texts: Iterable<string>): Generator<DicomJson> {
  for (const text of texts) yield JSON.parse(text) as DicomJson;
}
