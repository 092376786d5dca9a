import { decide, rowsOf } from './rows-of.js';
import type { ServerAddress } from './server-address.js';

interface Quarantined {
  contentKey: string;
  siteId: number;
  reason: string;
  state: string;
  isRefused: boolean;
  detail: string;
}

export async function listQuarantine({ server, site }: { server: ServerAddress; site?: number }): Promise<void> {
  const path = `/ledger/quarantine${site === undefined ? '' : `?site=${site}`}`;
  let count = 0;
  for await (const one of rowsOf<Quarantined>(server, path, 'quarantined')) {
    const { contentKey, siteId, reason, state, isRefused, detail } = one;
    console.log([contentKey, siteId, reason, state, isRefused ? 'refused' : 'undecided', plain(detail)].join('\t'));
    count++;
  }
  if (count === 0) console.error('Nothing is in quarantine.');
}

export async function decideImage(
  verb: 'release' | 'refuse',
  contentKey: string,
  { server }: { server: ServerAddress },
): Promise<void> {
  await decide(server, `/ledger/quarantine/${encodeURIComponent(contentKey)}/${verb}`);
  console.log(`${contentKey} is ${verb === 'release' ? 'released' : 'refused'}.`);
}

/** A UID in it is another site's text, and does nothing to a terminal. */
const plain = (text: string): string => text.replace(/\p{Cc}/gu, ' ');
