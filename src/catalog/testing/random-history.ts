import fc from 'fast-check';
import type { AppliedBlock, Catalog } from '../catalog.js';
import type { Change, QuarantineReason, Reading } from '../change.js';
import { announced, block, CONTRACT, element, retired, type Sample, sealed, uidOf, withdrawn } from './records.js';

/** Something that others may announce, and what reading it comes to: as others' are read, and once an admin has released it. */
export interface Content {
  sample: Sample;
  first: Exclude<Reading, { kind: 'waiting' }>;
  released: Exclude<Reading, { kind: 'waiting' }>;
}

type ChangeOf =
  | { kind: 'announced'; content: number; isInline: boolean }
  | { kind: 'sealed' | 'withdrawn'; key: number }
  | { kind: 'retired'; key: number; isOwn: boolean };

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
const KEYS = ['a', 'b', 'c'];
/** Three blocks an hour. */
const BLOCK_SECONDS = 1200;
const REASONS: QuarantineReason[] = ['unreadable', 'image-key', 'foreign-issuer'];

const quarantined = (reason: QuarantineReason): Content['first'] => ({ kind: 'quarantined', reason, detail: reason });

const content: fc.Arbitrary<(index: number) => Content> = fc
  .record({
    key: fc.constantFrom(...KEYS),
    uid: fc.constantFrom(undefined, undefined, ...KEYS),
    contract: fc.constantFrom(CONTRACT, CONTRACT, '0xc2'),
    siteId: fc.constantFrom(1, 2, 2, 3),
    study: fc.constantFrom('s', 's', 't'),
    series: fc.constantFrom('r', 'u'),
    patient: fc.constantFrom('p', 'q'),
    text: fc.constantFrom('x', 'y'),
    hasMore: fc.boolean(),
    wrong: fc.constantFrom(undefined, undefined, undefined, ...REASONS),
    isStillWrong: fc.constantFrom(false, false, true),
  })
  .map(({ key, uid, contract, siteId, study, series, patient, text, hasMore, wrong, isStillWrong }) => (index) => {
    const sample: Sample = {
      name: key,
      study,
      series: study + series,
      patient,
      studyAttributes: {
        '00081030': element('LO', text),
        '00080020': element('DA', text === 'x' ? '20200101' : ''),
        '00100010': element('PN', { Alphabetic: `${patient}^${text}` }),
      },
      seriesAttributes: { '00080060': element('CS', text), '00200011': element('IS', text === 'x' ? 1 : 'one') },
      instanceAttributes: hasMore ? { '00200013': element('IS', 1), '00280010': element('US', 2) } : {},
      record: { SOPClassUID: text === 'x' ? '1.2.1' : '1.2.2', SOPInstanceUID: uidOf(uid ?? key) },
      image: { siteId, contract, contentKey: `content ${index}` },
    };
    const read = announced(sample).reading as Content['first'];
    const first = wrong === undefined ? read : quarantined(wrong);
    return { sample, first, released: wrong !== undefined && isStillWrong ? quarantined('preview') : read };
  });

const anyContent = fc.nat(CONTENTS - 1);
const anyKey = fc.nat(2 * KEYS.length - 1);
const change: fc.Arbitrary<ChangeOf> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('announced' as const), content: anyContent, isInline: fc.boolean() }) }, // prettier-ignore
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('sealed' as const, 'withdrawn' as const), key: anyKey }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('retired' as const), key: anyKey, isOwn: fc.boolean() }) },
);
const blockStep = { gap: fc.integer({ min: 1, max: 2 }), changes: fc.array(change, { maxLength: 6, size: 'max' }) };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('block' as const), ...blockStep }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('back' as const), by: fc.nat(4), blocks: fc.array(fc.record(blockStep), { maxLength: 2 }) }) }, // prettier-ignore
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('read' as const), many: fc.integer({ min: 1, max: 4 }), order: fc.nat() }) }, // prettier-ignore
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('judge' as const), content: anyContent, isGood: fc.boolean() }) }, // prettier-ignore
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('decide' as const), content: anyContent, isReleased: fc.boolean() }) }, // prettier-ignore
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('retirements' as const), siteId: fc.integer({ min: 1, max: 3 }), hour: fc.nat(5), isAccepted: fc.boolean() }) }, // prettier-ignore
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stop' as const), content: anyContent }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const), siteOrder: fc.subarray([2, 3]), additions: fc.subarray([2, 3]) }) }, // prettier-ignore
);

export const histories: fc.Arbitrary<History> = fc.record({
  contents: fc
    .array(content, { minLength: CONTENTS, maxLength: CONTENTS })
    .map((makers) => makers.map((make, index) => make(index))),
  steps: fc.array(step, { minLength: 2, maxLength: 30, size: 'max' }),
  middle: fc.nat(30),
  order: fc.nat(),
});

/** The block of a step on top of another, and its changes in order. */
export function appliedAfter(
  last: bigint,
  { gap, changes }: BlockStep,
  contents: readonly Content[],
  fork: number,
): AppliedBlock {
  const number = Number(last) + gap;
  const key = (at: number, made: Change): Change => ({ ...made, contract: at < KEYS.length ? CONTRACT : '0xc2' });
  const changeOf = (each: ChangeOf, logIndex: number): Change => {
    if (each.kind === 'announced') {
      const { sample, first } = contents[each.content] as Content;
      return { ...announced(sample, logIndex), reading: each.isInline ? first : { kind: 'waiting' } };
    }
    const of = KEYS[each.key % KEYS.length] ?? '';
    if (each.kind === 'retired') return key(each.key, retired(of, logIndex, each.isOwn));
    return key(each.key, each.kind === 'sealed' ? sealed(of, logIndex) : withdrawn(of, logIndex));
  };
  return {
    block: { ...block(number, `${fork}f`), timestamp: 1_699_999_200 + number * BLOCK_SECONDS },
    changes: changes.map(changeOf),
  };
}

/** The beginning of an hour of the made-up chain. */
export const hourAt = (hour: number): number => 1_699_999_200 + hour * 3600;

/** Reads some of what waits, in an order that follows from `order`; all, if `many` is infinite. */
export async function readSome(
  catalog: Catalog,
  {
    contents,
    many,
    order,
    except = [],
  }: { contents: readonly Content[]; many: number; order: number; except?: number[] },
): Promise<void> {
  const rows = await catalog.waiting({ perSite: 1000, except });
  const rank = (id: number): number => ((id % 1_000_003) * ((order % 10_007) | 1)) % 997;
  rows.sort((a, b) => rank(a.id) - rank(b.id) || a.id - b.id);
  const readings = rows.slice(0, many).map(({ id, contentKey, isReleased }) => {
    const { first, released } = contents[Number(contentKey.split(' ')[1])] as Content;
    return { id, contentKey, isReleased, reading: isReleased ? released : first };
  });
  // Two at a time, as a reader of several sites would.
  for (let at = 0; at < readings.length; at += 2) await catalog.read(readings.slice(at, at + 2));
}
