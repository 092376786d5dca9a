import type { Log } from '../../base/log.js';
import { prepareConflicts } from './conflicts.js';
import type { Connection } from './database.js';
import { prepareFaults } from './faults.js';
import { prepareFacts } from './facts.js';
import type { KnownTags } from './known-tags.js';
import { prepareLocked } from './locked.js';
import { prepareMassRetirements } from './mass-retirements.js';
import { prepareProjection } from './projection.js';
import { prepareQuarantine } from './quarantine.js';
import { prepareReadings } from './readings.js';
import { prepareReceive } from './receive.js';
import { uidsToReconcile } from './reconcile.js';
import { prepareRingQueries } from './ring-queries.js';
import { prepareSettle } from './settle.js';
import { prepareRetirements } from './retirements.js';
import type { SiteRules } from './site-rules.js';
import { prepareVerdicts } from './verdicts.js';

/**
 * Prepares all that changes a catalogue, and what depends on it. Before that, what was begun twice and did not end goes into quarantine,
 * all stands as the annotations say, and what is shown follows the rules of today.
 */
export function prepareWriting(
  db: Connection,
  { levels, log, rules }: { levels: KnownTags; log: Log | undefined; rules: SiteRules },
) {
  const settle = prepareSettle(db, rules);
  const facts = prepareFacts(db, rules);
  const receive = prepareReceive(db, { levels, settle, facts, rules });
  const { end, ...readings } = prepareReadings(db, receive);
  const { settleContent, stopped, ...verdicts } = prepareVerdicts(db, settle);
  const { ofHour } = prepareRetirements(db, rules);

  const count = stopped();
  if (count > 0)
    log?.error({ count }, 'The server ended twice while it was at what others announced; that is in quarantine now.');
  const contested = db.prepare('SELECT DISTINCT StudyInstanceUID AS uid FROM study WHERE is_contested = 1');
  db.transaction(() => {
    const uids = (contested.all() as { uid: string }[]).map(({ uid }) => uid);
    settle(uidsToReconcile(db), { StudyInstanceUIDs: uids });
  })();

  return {
    ...prepareProjection(db, { levels, settle, receive, facts, rules }),
    ...readings,
    end,
    ...verdicts,
    ...prepareQuarantine(db, settleContent),
    conflicts: prepareConflicts(db, rules),
    faults: prepareFaults(db, rules),
    locked: prepareLocked(db),
    ...prepareRingQueries(db, rules),
    ...prepareMassRetirements(db, { settle, uidsOfHour: ofHour, rules }),
  };
}
