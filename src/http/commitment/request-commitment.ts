import type { Request, Response } from 'express';
import type { Principal } from '../../access/principal.js';
import type { Archive } from '../../archive/archive.js';
import type { CommitmentName, InstanceReference } from '../../archive/commitment/commitment-requests.js';
import type { CommitmentResult } from '../../archive/commitment/create-commitments.js';
import { LedgerError } from '../../base/errors.js';
import type { DicomJson } from '../../standard/dicom-json.js';
import { dicomwebRoot, type RootOptions } from '../message/dicomweb-root.js';
import { requireUid } from '../message/find-instances.js';
import type { Offer } from '../message/negotiate.js';
import { readDataSet } from '../message/read-data-set.js';
import { negotiateDataSet, sendDataSet } from '../message/send-data-set.js';
import { commitmentResponseModule } from './commitment-response-module.js';

interface Call extends RootOptions {
  request: Request;
  response: Response;
  caller: Principal;
}

/** Each has some 200 bytes of JSON. */
const MAX_REFERENCES = 10_000;
const MAX_BYTES = 4 * 1024 * 1024;
const RETRY_AFTER_S = 5;

/**
 * Request of storage commitment (PS3.18 §13.4): 200 with what is committed and what is not, or 202 without a payload while some
 * instance is still on its way; then the result is to be asked for later. Throws `conflict` for a transaction UID that is in use.
 */
export async function requestCommitment(archive: Archive, call: Call): Promise<void> {
  const { request, response } = call;
  const offer = negotiateDataSet(request);
  const name = nameOf(call);
  const references = referencesOf(await readDataSet(request, response, { maxBytes: MAX_BYTES }));
  answerCommitment(archive, call, { offer, result: await archive.requestCommitment(name, references) });
}

/** Result check (PS3.18 §13.5). Throws `not-found` for a transaction UID that this caller has not used. */
export async function checkCommitment(archive: Archive, call: Call): Promise<void> {
  const offer = negotiateDataSet(call.request);
  const name = nameOf(call);
  const result = await archive.commitment(name);
  if (result === undefined)
    throw new LedgerError(
      'not-found',
      `You have requested no commitment under ${name.transactionUID} within 30 days; send the request with POST.`,
    );
  answerCommitment(archive, call, { offer, result });
}

function answerCommitment(
  archive: Archive,
  { request, response, publicUrl }: Call,
  { offer, result }: { offer: Offer<'json' | 'xml'>; result: CommitmentResult },
): void {
  const rootUrl = dicomwebRoot(request, publicUrl);
  response.setHeader('Content-Location', `${rootUrl}/commitment-requests/${String(request.params.transaction)}`);
  if (result === 'working') {
    response.setHeader('Retry-After', String(RETRY_AFTER_S));
    response.setHeader('Cache-Control', 'no-store');
    response.status(202).end();
    return;
  }
  sendDataSet(archive, { response, offer, dataSet: commitmentResponseModule(result, rootUrl) });
}

function nameOf({ request, caller: { issuer, subject } }: Call): CommitmentName {
  return { owner: JSON.stringify([issuer, subject]), transactionUID: requireUid(request.params.transaction) };
}

/** The Storage Commitment Request Module (PS3.18 §J.1). An instance that is named twice counts once. */
function referencesOf(dataSet: DicomJson): InstanceReference[] {
  const items = dataSet['00081199']?.Value ?? [];
  if (items.length === 0)
    throw new LedgerError('bad-request', 'Referenced SOP Sequence (0008,1199) has no item; name the instances in it.');
  if (items.length > MAX_REFERENCES)
    throw new LedgerError(
      'too-large',
      `The request names ${items.length} instances; ask for ${MAX_REFERENCES} at most at once.`,
    );
  const references = (items as DicomJson[]).map((item, index) => ({
    SOPClassUID: uidOf(item, { tag: '00081150', index }),
    SOPInstanceUID: uidOf(item, { tag: '00081155', index }),
  }));
  return [...new Map(references.map((reference) => [reference.SOPInstanceUID, reference])).values()];
}

function uidOf(item: DicomJson, { tag, index }: { tag: string; index: number }): string {
  const value = item[tag]?.Value?.[0];
  if (typeof value === 'string' && /^[0-9.]{1,64}$/.test(value)) return value;
  throw new LedgerError(
    'bad-request',
    `Item ${index + 1} of Referenced SOP Sequence (0008,1199) has no UID in ${tag}; each names a class and an instance.`,
  );
}
