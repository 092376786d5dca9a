import type { FactChange, InstanceRecord } from '../change.js';
import type { AnnouncedRow } from './announced-row.js';
import type { Connection } from './database.js';
import { prepareDismissals } from './dismissals.js';
import type { Placed } from './fill.js';
import { prepareIssuers } from './issuers.js';
import { issuerHashOf } from './patient-identity.js';
import type { Settle } from './settle.js';
import type { SiteRules } from './site-rules.js';
import { type Affected, prepareStudyShares } from './study-shares.js';

/** What the consortium has said, at its positions on the chain. Each gives what may stand, or be shown, another way for it. */
export type Facts = ReturnType<typeof prepareFacts>;

/** Prepares keeping what the consortium says, and what it is about. */
export function prepareFacts(db: Connection, { siteId: own }: Pick<SiteRules, 'siteId'>) {
  const [dismissals, issuers, shares] = [prepareDismissals(db), prepareIssuers(db), prepareStudyShares(db)];
  const ofUids = (SOPInstanceUIDs: string[]): Affected => ({ SOPInstanceUIDs, StudyInstanceUIDs: [] });
  return {
    taken: (position: number, fact: FactChange): Affected => {
      switch (fact.kind) {
        case 'site-dismissed':
          return ofUids(dismissals.taken(position, fact));
        case 'issuer-assigned':
          return ofUids(issuers.taken(position, fact));
        case 'study-shared':
          return shares.taken(position, fact);
      }
    },
    /** Those from a position on, before the rows from there on are taken away. */
    undone: (position: number): Affected => {
      const { SOPInstanceUIDs, StudyInstanceUIDs } = shares.undone(position);
      const others = [...dismissals.undone(position), ...issuers.undone(position)];
      return { SOPInstanceUIDs: [...SOPInstanceUIDs, ...others], StudyInstanceUIDs };
    },
    /**
     * Whether anything of what was said by now may keep what a site has announced in release 2 from answers. What is said later, or is said no
     * more, is about what was announced before, too.
     */
    mayHide: (siteId: number, record: InstanceRecord): boolean => {
      if (siteId === own) return false;
      const issuerHash = issuerHashOf(record);
      return dismissals.mayHide(siteId) || (issuerHash !== undefined && issuers.mayHide(issuerHash, siteId));
    },
    /** A row was filled. */
    placed: ({ id, siteId, studyKey }: AnnouncedRow, { studyId, patientId }: Placed): Affected | undefined =>
      studyKey === undefined ? undefined : shares.numbered({ id, siteId, studyKey, studyId, patientId }),
  };
}

/** Gathers what is affected, so that each is settled once. */
export function createAffected() {
  const [uids, studies] = [new Set<string>(), new Set<string>()];
  return {
    add: ({ SOPInstanceUIDs, StudyInstanceUIDs }: Affected): void => {
      for (const uid of SOPInstanceUIDs) uids.add(uid);
      for (const uid of StudyInstanceUIDs) studies.add(uid);
    },
    settle: (settle: Settle): void => {
      if (uids.size > 0 || studies.size > 0) settle(uids, { StudyInstanceUIDs: studies });
    },
  };
}
