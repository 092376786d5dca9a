import fc from 'fast-check';
import { type Content, KEYS, RINGS, SECOND_CONTRACT } from './random-content.js';
import type { ChangeOf, History, Step } from './random-history.js';
import { announced, type Sample } from './records.js';

const CONTENTS = 6;
const [RING] = RINGS as [string];
const site = fc.constantFrom(1, 1, 2, 2, 3);

/** Something of release 2, of a patient of some issuer. */
const numbered: fc.Arbitrary<(index: number) => Content> = fc
  .record({
    key: fc.constantFrom(...KEYS),
    siteId: site,
    study: fc.constantFrom('s', 's', 's', 't'),
    studyKey: fc.constantFrom('1', '1', '1', '2'),
    issuer: fc.constantFrom('x', 'x', 'x', 'y', ''),
  })
  .map(({ key, siteId, study, studyKey, issuer }) => (index) => {
    const sample: Sample = {
      ...{ name: `${key}${siteId}`, study, series: `${study}${siteId}`, record: { issuer } },
      image: { siteId, ringId: RING, studyKey, contract: SECOND_CONTRACT, contentKey: `content ${index}` },
    };
    const read = announced(sample).reading as Content['first'];
    return { sample, first: read, released: read };
  });

const content = fc.nat(CONTENTS - 1);
const change: fc.Arbitrary<ChangeOf> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('announced' as const), content, isInline: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('issuer-assigned' as const),
      issuer: fc.constant('x'),
      siteId: fc.constantFrom(undefined, 1, 1, 1, 3),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('study-shared' as const),
      siteId: fc.constantFrom(1, 1, 1, 3),
      studyKey: fc.constantFrom('1', '1', '1', '2'),
      toSite: fc.constantFrom(2, 2, 2, 1),
      mayAdd: fc.constantFrom(true, true, false),
    }),
  },
);
const blockStep = { gap: fc.constant(1), changes: fc.array(change, { minLength: 2, maxLength: 6, size: 'max' }) };
/** What there is at the beginning. */
const firstBlock = {
  gap: 1,
  changes: [0, 1, 2].map((of): ChangeOf => ({ kind: 'announced', content: of, isInline: of === 0 })),
};
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('block' as const), ...blockStep }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('back' as const),
      by: fc.integer({ min: 1, max: 3 }),
      blocks: fc.array(fc.record(blockStep), { maxLength: 1 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('read' as const), many: fc.integer({ min: 1, max: 4 }), order: fc.nat() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('decide' as const), content, isReleased: fc.boolean() }),
  },
);
/** Who has all keys from the start on, and who gets them in the end. */
const keysOf = (siteId: number): Step => ({
  ...{ kind: 'unlock', siteId, ringId: RING, studyKey: undefined, isMeanwhile: false },
});

/** Histories of little but what the consortium says, and of what that is about. */
export const factHistories: fc.Arbitrary<History> = fc
  .record({
    contents: fc
      .array(numbered, { minLength: CONTENTS, maxLength: CONTENTS })
      .map((makers) => makers.map((make, index) => make(index))),
    keys: fc.subarray([1, 2, 3], { minLength: 2 }),
    steps: fc.array(step, { minLength: 6, maxLength: 16, size: 'max' }),
    middle: fc.nat(12),
    order: fc.nat(),
  })
  .map(({ keys, steps, ...rest }) => ({
    ...rest,
    steps: [...keys.map(keysOf), { kind: 'block', ...firstBlock }, ...steps],
  }));
