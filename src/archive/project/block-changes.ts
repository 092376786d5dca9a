import type { Change } from '../../catalog/change.js';
import type { LedgerEvent } from '../../ledger/ledger.js';
import { bodyText } from '../body-text.js';
import { announcedImage } from './announced-image.js';

/** What the events of one block change in the catalogue, with all that they announce waiting to be read. `account` is this server's. */
export function blockChanges(events: readonly LedgerEvent[], { account }: { account: string }): Change[] {
  return events.map((event): Change => {
    const { contract, imageId } = event;
    const at = { contract, imageId, logIndex: event.position.logIndex };
    switch (event.kind) {
      case 'announced':
        return { ...at, kind: 'announced', image: announcedImage(event), reading: { kind: 'waiting' } };
      case 'sealed':
        return { ...at, kind: 'sealed', pages: bodyText(event.pages) };
      case 'withdrawn':
        return { ...at, kind: 'withdrawn' };
      case 'retired':
        return { ...at, kind: 'retired', reason: event.reason, ...decided(event, account) };
      case 'restored':
        return { ...at, kind: 'restored', ...decided(event, account) };
    }
  });
}

type Decision = Extract<LedgerEvent, { kind: 'retired' | 'restored' }>;

const decided = ({ by, ruling }: Decision, account: string) => ({ by, isOwn: by === account, ruling });
