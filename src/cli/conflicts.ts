import { rowsOf } from './rows-of.js';
import type { ServerAddress } from './server-address.js';

interface Conflict {
  level: string;
  uid: string;
  sites: { siteId: number; isShown: boolean; isAddition: boolean; instanceCount: number }[];
}

export async function listConflicts({ server }: { server: ServerAddress }): Promise<void> {
  let count = 0;
  for await (const { level, uid, sites } of rowsOf<Conflict>(server, '/ledger/conflicts', 'conflicts')) {
    const those = (isShown: boolean): string =>
      sites
        .filter((one) => one.isShown === isShown)
        .map(({ siteId, isAddition, instanceCount }) => `${siteId} (${instanceCount}${isAddition ? ', added' : ''})`)
        .join(', ');
    console.log([level, uid, those(true), those(false)].join('\t'));
    count++;
  }
  if (count === 0) console.error('No two sites have one UID.');
}
