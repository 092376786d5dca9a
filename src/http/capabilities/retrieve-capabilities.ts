import { Router, type Request, type RequestHandler, type Response } from 'express';
import { dicomwebRoot, type RootOptions } from '../message/dicomweb-root.js';
import { negotiate, type Offer } from '../message/negotiate.js';
import { sendJson } from '../message/send-json.js';
import { allowedMethods, resourceRows, type Route } from '../route.js';
import { capabilitiesDescription } from './capabilities-description.js';
import { wadlJson, wadlXml } from './wadl-xml.js';

const OFFERS: readonly Offer<typeof wadlXml>[] = [
  { mediaType: 'application/vnd.sun.wadl+xml', multipart: false, value: wadlXml },
  { mediaType: 'application/json', multipart: false, value: wadlJson },
  { mediaType: 'application/dicom+json', multipart: false, value: wadlJson },
];

interface CapabilitiesOptions extends RootOptions {
  /** Where the service is mounted, as a path of the table. */
  root: string;
  /** Every status that a refusal can have. */
  failureStatuses: readonly number[];
}

/**
 * Retrieve Capabilities (PS3.18 §8.9): what `rows` have below `root`, for OPTIONS of the root, or of one of its resources with what
 * lies below that. Allow has the methods of the one that is asked for. What is no resource goes on.
 */
export function retrieveCapabilities(
  rows: readonly Route[],
  { root, publicUrl, failureStatuses }: CapabilitiesOptions,
): RequestHandler {
  const router = Router({ caseSensitive: true });
  const below = rows.filter(({ path }) => path.startsWith(`${root}/`));
  const resources = resourceRows(below);
  const answer =
    (path: string, allowed: readonly string[]) =>
    async (request: Request, response: Response): Promise<void> => {
      const { mediaType, value: write } = negotiate(request, OFFERS);
      const base = dicomwebRoot(request, publicUrl);
      const application = capabilitiesDescription(resources, { base, root, path, failureStatuses });
      response.setHeader('Allow', allowed.join(', '));
      await sendJson(request, response, { mediaType, etagParts: undefined, chunks: () => [write(application)] });
    };
  router.all(root, answer(root, ['OPTIONS']));
  for (const [path, allowed] of allowedMethods(below, true)) router.all(path, answer(path, allowed));
  return (request, response, next) => {
    const { url } = request;
    request.url = request.baseUrl + url;
    router(request, response, (error?: unknown) => {
      request.url = url;
      next(error);
    });
  };
}
