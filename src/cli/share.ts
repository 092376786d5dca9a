import { LedgerError } from '../base/errors.js';
import { callServer, problemOf } from './call-server.js';
import type { ServerAddress } from './server-address.js';

interface Reader {
  siteId: number;
  studyKey?: string;
  StudyInstanceUID?: string;
  mayAdd: boolean;
  sharedAt: string;
  sharedBy: string;
  allowedBy?: string;
  acknowledgedAt?: string;
}

interface Ring {
  siteId: number;
  ringId: string;
  isWrittenTo: boolean;
  held: string;
  readers: Reader[];
}

interface Report {
  share?: { audience: number[]; awaited: number[]; notAdmitted: number[] };
  own: Ring[];
  others: Ring[];
}

/** A line for each ring and each reader of it, tabs between. */
export async function listShares(server: ServerAddress, study: string | undefined): Promise<void> {
  const query = study === undefined ? '' : `?${new URLSearchParams({ StudyInstanceUID: study }).toString()}`;
  const response = await callServer(server, `/ledger/sharing${query}`);
  if (!response.ok) throw new LedgerError('conflict', await problemOf(response));
  const { share, own, others } = (await response.json()) as Report;
  for (const ring of [...own, ...others]) {
    const written = ring.isWrittenTo ? ', written to' : '';
    console.log([`site ${ring.siteId}`, ring.ringId, `held: ${ring.held}${written}`].join('\t'));
    for (const reader of ring.readers) {
      const study = reader.studyKey && `study ${reader.StudyInstanceUID ?? `of number ${reader.studyKey}`}`;
      const what = `${study ?? 'all'}${reader.mayAdd ? ', may add' : ''}`;
      const by = reader.allowedBy === undefined ? reader.sharedBy : `${reader.allowedBy}, ${reader.sharedBy}`;
      const since = reader.acknowledgedAt === undefined ? 'not acknowledged' : `acknowledged ${reader.acknowledgedAt}`;
      console.log([`site ${ring.siteId}`, ring.ringId, `site ${reader.siteId}`, what, reader.sharedAt, `by ${plain(by)}`, since].join('\t')); // prettier-ignore
    }
  }
  if (own.length + others.length === 0) console.error('There is no ring yet.');
  if (share && share.awaited.length > 0)
    console.error(`Awaited: ${share.awaited.map((site) => `site ${site}`).join(', ')}. /readyz says what keeps them.`);
}

/** Gives a site a study or a ring. */
export async function share(
  server: ServerAddress,
  given: { to: number } & ({ study: string; mayAdd: boolean } | { ring: string }),
): Promise<void> {
  const what: Record<string, string> =
    'study' in given
      ? { StudyInstanceUID: given.study, ...(given.mayAdd && { mayAdd: 'true' }) }
      : { ring: given.ring };
  const query = new URLSearchParams({ to: String(given.to), ...what });
  const response = await callServer(server, `/ledger/shares?${query.toString()}`, { method: 'POST' });
  if (!response.ok) throw new LedgerError('conflict', await problemOf(response));
  const { rings } = (await response.json()) as { rings: string[] };
  console.log(
    `The chain says that site ${given.to} gets it, under ${rings.length === 1 ? 'the ring' : 'the rings'} ${rings.join(', ')}.`,
  );
  console.log('The letter goes there by itself; "dicom-ledger share list" shows when its keys are acknowledged.');
}

/** A person's name does nothing to a terminal. */
const plain = (text: string): string => text.replace(/\p{Cc}/gu, ' ');
