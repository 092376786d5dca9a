import { Router, type Request, type Response } from 'express';
import type { Archive } from '../archive/archive.js';
import { negotiate, type Offer } from './accept.js';
import { dicomwebRoot, type RootOptions } from './request-url.js';
import { findInstances, idsOf, resource } from './resource.js';
import { sendJson } from './send-json.js';

const paths = [
  '/studies/:study/metadata',
  '/studies/:study/series/:series/metadata',
  '/studies/:study/series/:series/instances/:instance/metadata',
];

/** DICOM JSON (PS3.18 Annex F); XML comes with a later release. */
export const jsonOffers: readonly Offer<string>[] = ['application/dicom+json', 'application/json'].map((mediaType) => ({
  mediaType,
  multipart: false,
  value: mediaType,
}));

/** Metadata of a study, series or instance (PS3.18 §10.4.1.1.2): one JSON array, streamed, its bulk data by absolute URI. */
export function metadataRoutes(archive: Archive, { publicUrl }: RootOptions): Router {
  const router = Router({ caseSensitive: true });
  const get = async (request: Request, response: Response) => {
    const ids = idsOf(request);
    const found = findInstances(archive, ids);
    const { value: mediaType } = negotiate(request, jsonOffers);
    const root = dicomwebRoot(request, publicUrl);
    await sendJson(request, response, {
      mediaType,
      etagParts: [root, ...found.map(({ sha256 }) => sha256)],
      chunks: () => metadataArray(archive.catalog.metadata(ids), root),
    });
  };
  for (const path of paths) resource(router, path, { get });
  return router;
}

/** `texts` are JSON objects with URIs relative to the root; a quote within a value is escaped, so this finds URIs only. */
function* metadataArray(texts: Iterable<string>, root: string): Generator<string> {
  const absolute = `"BulkDataURI":"${root}/studies/`;
  let separator = '[';
  for (const text of texts) {
    yield separator + text.replaceAll('"BulkDataURI":"studies/', absolute);
    separator = ',\n';
  }
  yield separator === '[' ? '[]' : ']';
}
