import type { Change, FactChange, ImageChange } from '../../catalog/change.js';
import type { ImageEvent, LedgerEvent } from '../../ledger/ledger.js';
import { bodyText } from '../body-text.js';
import { announcedImage } from './announced-image.js';

/** What the events of one block change in the catalogue, with all that they announce waiting to be read. `account` is this server's. */
export function blockChanges(events: readonly LedgerEvent[], { account }: { account: string }): Change[] {
  return events.flatMap((event): Change[] => ('imageId' in event ? [imageChange(event, account)] : factChanges(event)));
}

function imageChange(event: ImageEvent, account: string): ImageChange {
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
}

/** None for a whole ring that is shared: what a site can read says nothing of whose studies it may add to. */
function factChanges(event: Exclude<LedgerEvent, ImageEvent>): FactChange[] {
  const { siteId } = event;
  const { logIndex } = event.position;
  switch (event.kind) {
    case 'site-dismissed':
      return [{ kind: 'site-dismissed', siteId, hiddenSince: event.hiddenSince, logIndex }];
    case 'issuer-assigned':
      return [
        { kind: 'issuer-assigned', issuerHash: event.issuerHash, siteId: siteId === 0 ? undefined : siteId, logIndex },
      ];
    case 'shared': {
      const { studyKey, toSite, mayAdd } = event;
      if (studyKey === 0n) return [];
      return [{ kind: 'study-shared', siteId, studyKey: String(studyKey), toSite, mayAdd, logIndex }];
    }
  }
}

type Decision = Extract<LedgerEvent, { kind: 'retired' | 'restored' }>;

const decided = ({ by, ruling }: Decision, account: string) => ({ by, isOwn: by === account, ruling });
