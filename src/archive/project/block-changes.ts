import type { Change, Reading } from '../../catalog/catalog.js';
import type { LedgerEvent } from '../../ledger/ledger.js';
import { bodyText } from '../body-text.js';
import { announcedImage } from './announced-image.js';

/**
 * What the events of one block change in the catalogue. `readings` has those of announcements that have been read, by the event's
 * index; the others wait to be read. `account` is this server's.
 */
export function blockChanges(
  events: readonly LedgerEvent[],
  { readings, account }: { readings: ReadonlyMap<number, Reading>; account: string },
): Change[] {
  return events.map((event, index): Change => {
    const { contract, imageKey } = event;
    const at = { contract, imageKey, logIndex: event.position.logIndex };
    switch (event.kind) {
      case 'announced':
        return {
          ...at,
          kind: 'announced',
          image: announcedImage(event),
          reading: readings.get(index) ?? { kind: 'waiting' },
        };
      case 'sealed':
        return { ...at, kind: 'sealed', pages: bodyText(event.pages) };
      case 'withdrawn':
        return { ...at, kind: 'withdrawn' };
      case 'retired':
        return { ...at, kind: 'retired', reason: event.reason, by: event.by, isOwn: event.by === account };
    }
  });
}
