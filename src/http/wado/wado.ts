import { Router, type Request, type Response } from 'express';
import type { Archive, CatalogInstance, Representation, ResourceIds } from '../../archive/archive.js';
import { LedgerError } from '../../base/errors.js';
import { negotiate, type Offer } from '../message/accept.js';
import { bulkDataRoutes } from './bulk-data.js';
import { deleteInstance } from '../ledger/retire.js';
import { frameRoutes, LOSSLESS_SYNTAXES } from './frames.js';
import { frameMediaType, TRANSFER_SYNTAXES } from '../../standard/transfer-syntaxes.js';
import { metadataRoutes } from './metadata.js';
import type { MultipartPart } from '../message/multipart-writer.js';
import { pictureRoutes } from './pictures.js';
import { dicomwebRoot, type RootOptions } from '../message/request-url.js';
import { findInstances, idsOf, pathOf, requireSealed, resource } from '../message/resource.js';
import { CACHE_CONTROL, sendMultipart, sendPayload } from '../message/send-payload.js';
import { addWarning } from '../message/warning.js';

const DICOM = 'application/dicom';
const EXPLICIT_LITTLE_ENDIAN = TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid;
const CONVERTIBLE = [EXPLICIT_LITTLE_ENDIAN, ...LOSSLESS_SYNTAXES] as const;
const AT_INSTANCE = '/studies/:study/series/:series/instances/:instance';

/** WADO-RS (PS3.18 §10.4): retrieves of studies, series, instances and what is in them; DELETE of an instance. */
export function wadoRoutes(archive: Archive, options: RootOptions): Router {
  const router = Router({ caseSensitive: true });
  const retrieve = (request: Request, response: Response) =>
    retrieveObjects(archive, { ...options, request, response });
  resource(router, '/studies/:study', { get: retrieve }, ['POST']);
  resource(router, '/studies/:study/series/:series', { get: retrieve });
  resource(router, AT_INSTANCE, {
    get: retrieve,
    delete: (request, response) => deleteInstance(archive, { request, response }),
  });
  router.use(metadataRoutes(archive, options));
  router.use(frameRoutes(archive, options));
  router.use(bulkDataRoutes(archive, options));
  router.use(pictureRoutes(archive, options));
  return router;
}

/** Says of each instance how it is sent, or undefined when it cannot be had so. */
type Choice = (instance: CatalogInstance) => Representation | undefined;

async function retrieveObjects(
  archive: Archive,
  { request, response, publicUrl }: RootOptions & { request: Request; response: Response },
): Promise<void> {
  const ids = idsOf(request);
  const found = findInstances(archive, ids);
  const { value: choose, multipart, transferSyntaxes } = negotiate(request, objectOffers(archive, { found, ids }));
  const sealed = found.filter(({ state }) => state !== 'announced');
  if (sealed.length === 0) requireSealed(found[0]);
  const chosen = sealed.filter((instance) => choose(instance) !== undefined);
  const [first] = chosen;
  if (first === undefined)
    throw new LedgerError(
      'not-acceptable',
      'None of the instances can be had in that transfer syntax; ask for transfer-syntax=* to get them as stored.',
    );
  const root = dicomwebRoot(request, publicUrl);
  const missing = found.length - chosen.length;
  if (missing > 0) {
    response.status(206);
    addWarning(response, root, `${missing} of ${found.length} instances are not yet or not so available and left out.`);
  }
  if (!multipart) {
    const payload = await archive.instance(first, choose(first) ?? 'stored');
    await sendPayload(request, response, { payload, cacheControl: CACHE_CONTROL.forever });
    return;
  }
  const etagParts = chosen.flatMap((instance) => [instance.sha256, choose(instance) ?? '']);
  await sendMultipart(request, response, {
    parts: objectParts(archive, { chosen, choose, root }),
    mediaType: DICOM,
    etagParts: [root, ...(transferSyntaxes ?? []), ...etagParts],
    cacheControl: ids.SOPInstanceUID === undefined ? CACHE_CONTROL.revalidate : CACHE_CONTROL.forever,
  });
}

/**
 * `transfer-syntax=*` and a stored syntax by name give the stored bytes; no parameter gives Explicit VR Little Endian; a
 * wildcard gives compressed ones as they are stored, so that a plain GET neither costs a viewer's server the decoding
 * nor fails for what it cannot decode.
 */
function objectOffers(
  archive: Archive,
  { found, ids }: { found: readonly CatalogInstance[]; ids: ResourceIds },
): Offer<Choice>[] {
  const as =
    (syntax: string): Choice =>
    (instance) =>
      instance.transferSyntaxUID === syntax
        ? 'stored'
        : CONVERTIBLE.find((known) => known === syntax && archive.canRepresent(instance, known));
  const explicit = as(EXPLICIT_LITTLE_ENDIAN);
  const isCompressed = (instance: CatalogInstance) => frameMediaType(instance.transferSyntaxUID) !== undefined;
  const choices: [readonly string[], Choice][] = [
    [[], (instance) => (isCompressed(instance) ? 'stored' : (explicit(instance) ?? 'stored'))],
    [['', EXPLICIT_LITTLE_ENDIAN], explicit],
    [['*'], () => 'stored'],
  ];
  for (const syntax of new Set([...found.map(({ transferSyntaxUID }) => transferSyntaxUID), ...LOSSLESS_SYNTAXES]))
    if (syntax !== EXPLICIT_LITTLE_ENDIAN) choices.push([[syntax], as(syntax)]);
  const possible = choices.filter(([, choose]) => found.some((instance) => choose(instance) !== undefined));
  const forms = ids.SOPInstanceUID === undefined ? [true] : [true, false];
  return forms.flatMap((multipart) =>
    possible.map(([transferSyntaxes, value]) => ({ mediaType: DICOM, multipart, transferSyntaxes, value })),
  );
}

async function* objectParts(
  archive: Archive,
  { chosen, choose, root }: { chosen: readonly CatalogInstance[]; choose: Choice; root: string },
): AsyncGenerator<MultipartPart> {
  for (const instance of chosen)
    yield {
      payload: await archive.instance(instance, choose(instance) ?? 'stored'),
      contentLocation: `${root}${pathOf(instance)}`,
    };
}
