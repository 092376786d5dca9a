import { TRANSFER_SYNTAXES, frameMediaType } from '../../standard/transfer-syntaxes.js';
import type { Request, Response } from 'express';
import type { Archive, FoundInstance, ResourceUids } from '../../archive/archive.js';
import type { Representation } from '../../archive/stored-instance.js';
import { requireSealed } from '../../archive/retrieve/require-sealed.js';
import { LedgerError } from '../../base/errors.js';
import { negotiate, type Offer } from '../message/negotiate.js';
import { LOSSLESS_SYNTAXES } from './retrieve-frames.js';
import type { MultipartPart } from '../message/multipart-stream.js';
import { dicomwebRoot, type RootOptions } from '../message/dicomweb-root.js';
import { findInstances, idsOf, pathOf } from '../message/find-instances.js';
import { multipartEtag, payloadEtag, sendMultipart, sendPayload } from '../message/send-payload.js';
import { addWarning } from '../message/add-warning.js';

const DICOM = 'application/dicom';
const EXPLICIT_LITTLE_ENDIAN = TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid;
const CONVERTIBLE = [EXPLICIT_LITTLE_ENDIAN, ...LOSSLESS_SYNTAXES] as const;

/** Says of each instance how it is sent, or undefined when it cannot be had so. */
type Choice = (instance: FoundInstance) => Representation | undefined;

/** A study, a series or an instance as DICOM files (PS3.18 §10.4.1.1.1). */
export async function retrieveInstances(
  archive: Archive,
  { request, response, publicUrl }: RootOptions & { request: Request; response: Response },
): Promise<void> {
  const ids = idsOf(request);
  const found = await findInstances(archive, ids);
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
    const stored = await archive.open(first);
    const payload = await stored.instance(choose(first) ?? 'stored');
    await sendPayload(request, response, { payload });
    return;
  }
  await sendMultipart(request, response, {
    parts: objectParts(archive, { chosen, choose, root }),
    mediaType: DICOM,
    etagParts: etagParts({ root, transferSyntaxes, chosen, choose }),
  });
}

/** The ETags of all ways in which these instances of a resource can be had as DICOM files: what If-Match of DELETE may name. */
export function etagsOfInstances(
  archive: Archive,
  { found, ids, root }: { found: readonly FoundInstance[]; ids: ResourceUids; root: string },
): string[] {
  return objectOffers(archive, { found, ids }).flatMap(({ value: choose, multipart, transferSyntaxes }) => {
    const chosen = found.filter((instance) => choose(instance) !== undefined);
    if (multipart) return multipartEtag(DICOM, etagParts({ root, transferSyntaxes, chosen, choose }));
    return chosen.flatMap((instance) => {
      const as = choose(instance);
      const isStored = as === 'stored' && instance.mediaType === DICOM;
      const transferSyntaxUID = as === undefined || as === 'stored' ? instance.transferSyntaxUID : as;
      const etag = isStored ? instance.sha256 : `${instance.sha256}-${transferSyntaxUID}`;
      return payloadEtag({ etag, mediaType: DICOM, transferSyntaxUID }) ?? [];
    });
  });
}

function etagParts({ root, transferSyntaxes = [], chosen, choose }: EtagSource): string[] {
  const each = chosen.flatMap((instance) => [instance.sha256, choose(instance) ?? '']);
  return [root, ...transferSyntaxes, ...each];
}

interface EtagSource {
  root: string;
  transferSyntaxes: readonly string[] | undefined;
  chosen: readonly FoundInstance[];
  choose: Choice;
}

/**
 * `transfer-syntax=*` and a stored syntax by name give the stored bytes; no parameter gives Explicit VR Little Endian; a
 * wildcard gives compressed ones as they are stored, so that a plain GET neither costs a viewer's server the decoding
 * nor fails for what it cannot decode.
 */
function objectOffers(
  archive: Archive,
  { found, ids }: { found: readonly FoundInstance[]; ids: ResourceUids },
): Offer<Choice>[] {
  const as =
    (syntax: string): Choice =>
    (instance) =>
      instance.transferSyntaxUID === syntax
        ? 'stored'
        : CONVERTIBLE.find((known) => known === syntax && archive.canRepresent(instance, known));
  const explicit = as(EXPLICIT_LITTLE_ENDIAN);
  const isCompressed = (instance: FoundInstance) => frameMediaType(instance.transferSyntaxUID) !== undefined;
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
  { chosen, choose, root }: { chosen: readonly FoundInstance[]; choose: Choice; root: string },
): AsyncGenerator<MultipartPart> {
  for (const instance of chosen) {
    const stored = await archive.open(instance);
    yield {
      payload: await stored.instance(choose(instance) ?? 'stored'),
      contentLocation: `${root}${pathOf(instance)}`,
    };
  }
}
