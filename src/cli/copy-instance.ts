import { createHash } from 'node:crypto';
import type { Response } from 'undici';
import { LedgerError } from '../base/errors.js';
import { type LedgerRecord, type Planned, readRecord, storedBytesPath } from './plan-copy.js';
import { unavailable } from './retry.js';
import type { ServerAddress } from './server-address.js';
import { callServer, problemOf } from './call-server.js';
import { readStowAnswer } from './stow-answer.js';
import type { StoreResult } from './progress-report.js';

export interface Servers {
  from: ServerAddress;
  to: ServerAddress;
}

/**
 * Sends one instance from one server to another as it was stored, unless it is there already; its bytes flow through and are
 * never here as a whole. Throws retryable errors where a server cannot now.
 */
export async function copyInstance({ from, to }: Servers, planned: Planned): Promise<StoreResult> {
  const { record, image } = planned;
  if (record.state === 'retired') return { kind: 'retired' };
  const there = await readRecord(to, record.SOPInstanceUID);
  if (there?.state === 'retired') return { kind: 'refused', why: `It was retired at ${to.url} and stays so.` };
  if (there?.state === 'sealed' && there.sha256 === record.sha256) return { kind: 'alreadyThere' };

  const source = await callServer(from, storedBytesPath(planned), {
    headers: { Accept: image === undefined ? 'application/dicom; transfer-syntax=*' : '*/*' },
  });
  if (source.status === 410) {
    await source.body?.cancel();
    return { kind: 'retired' };
  }
  if (source.status === 503) throw await unavailable(source);
  if (!source.ok) return { kind: 'refused', why: await problemOf(source) };

  const { bytes, fault } = checked(source, { record, from });
  const query = image === undefined ? '' : `?${new URLSearchParams({ ...image }).toString()}`;
  const response = await callServer(to, `/dicom-web/studies${query}`, {
    method: 'POST',
    headers: { 'Content-Type': record.mediaType, Accept: 'application/dicom+json' },
    body: bytes,
    duplex: 'half',
  }).catch((error: unknown) => {
    throw fault() ?? error;
  });
  if (response.status === 503) throw await unavailable(response);
  const answer = await readStowAnswer(response);
  if (answer.kind !== 'refused') return fateOf(answer, record);
  if (isOutOfResources(answer.reason)) throw new LedgerError('out-of-space', answer.why, { retryable: true });
  return answer;
}

/** The bytes of an answer, which fail instead of ending when they are not those of the record: so nothing wrong is ever stored. */
function checked(
  source: Response,
  { record, from }: { record: LedgerRecord; from: ServerAddress },
): { bytes: AsyncGenerator<Uint8Array>; fault: () => LedgerError | undefined } {
  let fault: LedgerError | undefined;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256');
    try {
      for await (const chunk of source.body ?? []) {
        hash.update(chunk as Uint8Array);
        yield chunk as Uint8Array;
      }
    } catch (cause) {
      fault = new LedgerError('unavailable', `${from.url} broke off within an instance.`, { cause, retryable: true });
      throw fault;
    }
    if (hash.digest('hex') === record.sha256) return;
    fault = new LedgerError(
      'corrupt',
      `${from.url} gives bytes that do not have the SHA-256 of its own ledger; verify it.`,
    );
    throw fault;
  }
  return { bytes: bytes(), fault: () => fault };
}

function fateOf(
  { kind, SOPInstanceUID }: { kind: 'stored' | 'alreadyThere'; SOPInstanceUID: string | undefined },
  record: LedgerRecord,
): StoreResult {
  if (SOPInstanceUID === undefined || SOPInstanceUID === record.SOPInstanceUID) return { kind };
  return {
    kind: 'refused',
    why: `It is stored as ${SOPInstanceUID} there, because the two servers differ in PATIENT_ID_ISSUER.`,
  };
}

/** PS3.18 Table I.2-2: A7xx. */
function isOutOfResources(reason: number): boolean {
  return reason >> 8 === 0xa7;
}
