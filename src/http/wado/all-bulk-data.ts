import type { Request, Response } from 'express';
import type { ReadingArchive, FoundInstance } from '../../archive/archive.js';
import { requireSealed } from '../../archive/retrieve/require-sealed.js';
import { LedgerError } from '../../base/errors.js';
import { TRANSFER_SYNTAXES } from '../../standard/transfer-syntaxes.js';
import { addWarning } from '../message/add-warning.js';
import { pathOf } from '../message/find-instances.js';
import type { MultipartPart } from '../message/multipart-stream.js';
import type { Offer } from '../message/negotiate.js';
import { sendMultipart } from '../message/send-payload.js';
import { isPixelData, pixelForms, pixelParts, type PixelForm } from './pixel-data.js';

const OPAQUE = 'application/octet-stream';
const Rows = '00280010';

/** Says of each instance how its pixel data are sent, or undefined when they cannot be had so. */
export type FormOf = (instance: FoundInstance) => PixelForm | undefined;

/** All values of a resource that metadata gives by URI, or its pixel data alone. */
export type BulkKind = 'bulkdata' | 'pixeldata';

/**
 * The ways of sending the bulk data of instances, always a multipart (PS3.18 §10.4.4): as octets, uncompressed unless stored or a transfer
 * syntax by name is asked for; pixel data alone under the media types of their codestreams too.
 */
export function bulkOffers(archive: ReadingArchive, found: readonly FoundInstance[], kind: BulkKind): Offer<FormOf>[] {
  const forms = new Map(found.map((instance) => [instance, pixelForms(archive, instance)]));
  const choices = new Map<string, Offer<FormOf>>();
  const add = (mediaType: string, syntax: string): void => {
    const value: FormOf = (instance) =>
      forms.get(instance)?.find((form) => form.mediaType === mediaType && form.transferSyntaxes?.includes(syntax))
        ?.value;
    choices.set(`${mediaType} ${syntax}`, { mediaType, multipart: true, transferSyntaxes: [syntax], value });
  };
  for (const syntax of ['', TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid, '*']) add(OPAQUE, syntax);
  for (const { mediaType, transferSyntaxes = [] } of [...forms.values()].flat())
    if (mediaType === OPAQUE || kind === 'pixeldata') for (const syntax of transferSyntaxes) add(mediaType, syntax);
  return [...choices.values()];
}

/** Sends what `bulkOffers` has offered. Throws `not-found` where there is none of it, `not-acceptable` for none in that form. */
export async function sendAllBulkData(
  archive: ReadingArchive,
  {
    request,
    response,
    root,
    found,
    kind,
    offer: { mediaType, value: formOf, transferSyntaxes },
  }: {
    request: Request;
    response: Response;
    root: string;
    found: readonly [FoundInstance, ...FoundInstance[]];
    kind: BulkKind;
    offer: Offer<FormOf>;
  },
): Promise<void> {
  const sealed = found.filter(({ state }) => state !== 'announced');
  if (sealed.length === 0) requireSealed(found[0]);
  const hasOther = (instance: FoundInstance): boolean => kind === 'bulkdata' && instance.instance[Rows] === undefined;
  const chosen = sealed.filter((instance) => hasOther(instance) || formOf(instance) !== undefined);
  if (chosen.length === 0)
    throw new LedgerError('not-acceptable', 'None of it can be had so; ask for transfer-syntax=* to get it as stored.');
  const missing = found.length - chosen.length;
  if (missing > 0) {
    response.status(206);
    addWarning(response, root, `${missing} of ${found.length} instances are not yet or not so available and left out.`);
  }
  await sendMultipart(request, response, {
    parts: partsOf(archive, { chosen, formOf, kind, root }),
    mediaType,
    etagParts: [root, kind, ...(transferSyntaxes ?? []), ...chosen.map(({ sha256 }) => sha256)],
  });
}

async function* partsOf(
  archive: ReadingArchive,
  { chosen, formOf, kind, root }: { chosen: readonly FoundInstance[]; formOf: FormOf; kind: BulkKind; root: string },
): AsyncGenerator<MultipartPart> {
  let count = 0;
  for (const instance of chosen) {
    const stored = await archive.open(instance);
    for (const path of stored.bulkPaths) {
      if (kind === 'pixeldata' && !isPixelData(path)) continue;
      const form = isPixelData(path) ? formOf(instance) : undefined;
      count++;
      if (form) yield* pixelParts(stored, { instance, path, form, root });
      else
        yield {
          payload: octets(await stored.bulkData(path)),
          contentLocation: `${root}${pathOf(instance)}/bulkdata/${path}`,
        };
    }
  }
  if (count === 0) throw new LedgerError('not-found', 'The resource has nothing of the kind; its metadata says all.');
}

function octets(payload: MultipartPart['payload']): MultipartPart['payload'] {
  return { ...payload, mediaType: OPAQUE, open: (from) => payload.open(from) };
}
