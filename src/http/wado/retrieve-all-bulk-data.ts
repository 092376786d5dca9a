import type { Request, Response } from 'express';
import type { ReadingArchive } from '../../archive/archive.js';
import { requireSealed } from '../../archive/retrieve/require-sealed.js';
import { LedgerError } from '../../base/errors.js';
import { dicomwebRoot, type RootOptions } from '../message/dicomweb-root.js';
import { findInstances, idsOf } from '../message/find-instances.js';
import { negotiate } from '../message/negotiate.js';
import { bulkOffers, sendAllBulkData, type BulkKind } from './all-bulk-data.js';
import { pixelDataPath } from './pixel-data.js';
import { sendBulkValue } from './retrieve-bulk-data.js';

type Call = RootOptions & { request: Request; response: Response };

/** All bulk data of a study, series or instance (PS3.18 §10.4.1.1.5), a part for each value. */
export async function retrieveAllBulkData(archive: ReadingArchive, call: Call): Promise<void> {
  await retrieveAll(archive, call, 'bulkdata');
}

/** The pixel data of a study, series or instance (PS3.18 §10.4.1.1.6). Of one instance they are a single part for who asks for that. */
export async function retrievePixelData(archive: ReadingArchive, call: Call): Promise<void> {
  if (call.request.params.instance === undefined) return retrieveAll(archive, call, 'pixeldata');
  const [instance] = await findInstances(archive, idsOf(call.request));
  requireSealed(instance);
  const stored = await archive.open(instance);
  const path = pixelDataPath(stored);
  if (path === undefined)
    throw new LedgerError('not-found', `${instance.SOPInstanceUID} has no pixel data; get the instance.`);
  await sendBulkValue(archive, { ...call, instance, stored, path });
}

async function retrieveAll(
  archive: ReadingArchive,
  { request, response, publicUrl }: Call,
  kind: BulkKind,
): Promise<void> {
  const found = await findInstances(archive, idsOf(request));
  const offer = negotiate(request, bulkOffers(archive, found, kind));
  await sendAllBulkData(archive, { request, response, root: dicomwebRoot(request, publicUrl), found, kind, offer });
}
