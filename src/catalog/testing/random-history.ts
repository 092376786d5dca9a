import fc from 'fast-check';
import { type Content, content, KEYS, RINGS } from './random-content.js';

export type ChangeOf =
  | { kind: 'announced'; content: number; isInline: boolean }
  | { kind: 'sealed' | 'withdrawn'; key: number }
  | { kind: 'retired'; key: number; isOwn: boolean; ruling: number }
  | { kind: 'restored'; key: number }
  /** What was announced so many blocks before is hidden; undefined: the site is readmitted. */
  | { kind: 'site-dismissed'; siteId: number; since: number | undefined }
  | { kind: 'issuer-assigned'; issuer: string; siteId: number | undefined }
  | { kind: 'study-shared'; siteId: number; studyKey: string; toSite: number; mayAdd: boolean };

/** One block and what happens in it; its height and hash are those of where it comes. */
export interface BlockStep {
  gap: number;
  changes: readonly ChangeOf[];
}

export type Step =
  | ({ kind: 'block' } & BlockStep)
  | { kind: 'back'; by: number; blocks: readonly BlockStep[] }
  | { kind: 'read'; many: number; order: number }
  | { kind: 'judge'; content: number; isGood: boolean }
  | { kind: 'decide'; content: number; isReleased: boolean }
  | { kind: 'retirements'; siteId: number; hour: number; isAccepted: boolean }
  /** A key comes, of a ring or one study of it; with `isMeanwhile`, while what waits is being read. */
  | { kind: 'unlock'; siteId: number; ringId: string; studyKey: string | undefined; isMeanwhile: boolean }
  | { kind: 'stop'; content: number }
  | { kind: 'reopen'; siteOrder: readonly number[]; additions: readonly number[] };

export interface History {
  contents: readonly Content[];
  steps: readonly Step[];
  /** After the first step back from there on the catalogue is compared too, with what waits then. */
  middle: number;
  /** In which order the rebuilt one reads. */
  order: number;
}

const CONTENTS = 7;

const anyContent = fc.nat(CONTENTS - 1);
const anyKey = fc.nat(2 * KEYS.length - 1);
const change: fc.Arbitrary<ChangeOf> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('announced' as const), content: anyContent, isInline: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('sealed' as const, 'withdrawn' as const), key: anyKey }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('retired' as const),
      key: anyKey,
      isOwn: fc.boolean(),
      ruling: fc.constantFrom(0, 0, 0, 1),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restored' as const), key: anyKey }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('site-dismissed' as const),
      siteId: fc.constantFrom(1, 2, 2, 3),
      since: fc.constantFrom(undefined, 0, 1, 3),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('issuer-assigned' as const),
      issuer: fc.constantFrom('x', 'x', 'y'),
      siteId: fc.constantFrom(undefined, 1, 2, 3),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('study-shared' as const),
      siteId: fc.constantFrom(1, 2, 3),
      studyKey: fc.constantFrom('1', '1', '2'),
      toSite: fc.constantFrom(1, 2, 3),
      mayAdd: fc.boolean(),
    }),
  },
);
const blockStep = { gap: fc.integer({ min: 1, max: 2 }), changes: fc.array(change, { maxLength: 6, size: 'max' }) };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('block' as const), ...blockStep }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('back' as const),
      by: fc.nat(4),
      blocks: fc.array(fc.record(blockStep), { maxLength: 2 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('read' as const), many: fc.integer({ min: 1, max: 4 }), order: fc.nat() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('judge' as const), content: anyContent, isGood: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('decide' as const), content: anyContent, isReleased: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('retirements' as const),
      siteId: fc.integer({ min: 1, max: 3 }),
      hour: fc.nat(5),
      isAccepted: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('unlock' as const),
      siteId: fc.constantFrom(1, 2, 2, 3),
      ringId: fc.constantFrom(...RINGS),
      studyKey: fc.constantFrom(undefined, '1', '2'),
      isMeanwhile: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stop' as const), content: anyContent }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('reopen' as const),
      siteOrder: fc.subarray([2, 3]),
      additions: fc.subarray([2, 3]),
    }),
  },
);

export const histories: fc.Arbitrary<History> = fc.record({
  contents: fc
    .array(content, { minLength: CONTENTS, maxLength: CONTENTS })
    .map((makers) => makers.map((make, index) => make(index))),
  steps: fc.array(step, { minLength: 2, maxLength: 30, size: 'max' }),
  middle: fc.nat(30),
  order: fc.nat(),
});
