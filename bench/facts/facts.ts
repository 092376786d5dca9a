import type { FactChange } from '../../src/catalog/change.js';
import { issuerHashOf } from '../../src/ledger/consortium/read-rulings.js';
import { issuerOf, SITES, siteOf, studyKeyOf } from './images.js';

/** Issuers of which nobody has stored anything. */
const OTHER_ISSUERS = 1_000;
/** Each is assigned so often, the last to the same site again. */
const ASSIGNMENTS = 3;
/** Site 5 was dismissed so often, and readmitted each time. */
const DISMISSALS = 100;

/** `Omit` of each kind by itself. */
type Fact = FactChange extends infer One ? (One extends FactChange ? Omit<One, 'logIndex'> : never) : never;

/** Before anything is stored: each site speaks for its issuer, as do others for theirs, and one has come and gone. */
export function factsBefore(): Fact[] {
  const own = Array.from({ length: SITES }, (_, i) => ({ issuer: issuerOf(i + 1), siteId: i + 1 }));
  const others = Array.from({ length: OTHER_ISSUERS }, (_, i) => ({
    issuer: `Practice ${i}`,
    siteId: 1 + (i % SITES),
  }));
  const assigned = Array.from({ length: ASSIGNMENTS }, () => [...own, ...others]).flat();
  return [
    ...assigned.map(({ issuer, siteId }) => ({
      kind: 'issuer-assigned' as const,
      issuerHash: issuerHashOf(issuer),
      siteId,
    })),
    ...Array.from({ length: 2 * DISMISSALS }, (_, i) => ({
      ...{ kind: 'site-dismissed' as const, siteId: SITES },
      hiddenSince: i % 2 === 0 ? 1 : undefined,
    })),
  ];
}

/** Of a study that is stored: each other site gets it, and may add to it. */
export function factsOfStudy(study: number): Fact[] {
  const siteId = siteOf(study);
  return Array.from({ length: SITES }, (_, i) => i + 1)
    .filter((toSite) => toSite !== siteId)
    .map((toSite) => ({ kind: 'study-shared', siteId, studyKey: studyKeyOf(study), toSite, mayAdd: true }));
}
