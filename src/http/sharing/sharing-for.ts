import type { Request, Response } from 'express';
import type { SharingReport, Sharing } from '../../archive/sharing/sharing.js';
import { LedgerError } from '../../base/errors.js';
import { principalOf } from '../authorize.js';
import { queryOf } from '../message/dicomweb-root.js';
import { requireUid } from '../message/find-instances.js';

/** Throws `forbidden` for one who does not see everything: rows of sharing name studies. */
export function requireSeesAll(response: Response): void {
  const { sees, name } = principalOf(response);
  if (sees === 'everything') return;
  throw new LedgerError(
    'forbidden',
    `This is of all studies, and ${name} sees a part of them; ask the operator of the server.`,
  );
}

/** Who can read what, of the study that a request names, or of everything. */
export async function sharingFor(
  sharing: Sharing,
  { request, response }: { request: Request; response: Response },
): Promise<{ report: SharingReport; StudyInstanceUID: string | undefined }> {
  requireSeesAll(response);
  // A field that is left empty is none.
  const asked = queryOf(request).get('StudyInstanceUID')?.trim() || undefined;
  const StudyInstanceUID = asked === undefined ? undefined : requireUid(asked);
  return { report: await sharing.report({ StudyInstanceUID }), StudyInstanceUID };
}
