import type { AppliedBlock } from '../catalog.js';
import type { Change, ImageChange, Reading } from '../change.js';
import type { GivenKeys } from './given-keys.js';
import { type Content, KEYS, SECOND_CONTRACT } from './random-content.js';
import type { BlockStep, ChangeOf } from './random-history.js';
import { announced, block, CONTRACT, hashOfIssuer, restored, retired, sealed, withdrawn } from './records.js';

/** Seconds since 1970; of an hour and of block 0. */
const BEGIN = 1_699_999_200;
/** Three blocks an hour. */
const BLOCK_SECONDS = 1200;
/** The block of a step on top of another, and its changes in order. */
export function appliedAfter(
  last: bigint,
  { gap, changes }: BlockStep,
  { contents, keys, fork }: { contents: readonly Content[]; keys: GivenKeys; fork: number },
): AppliedBlock {
  const number = Number(last) + gap;
  const timestamp = BEGIN + number * BLOCK_SECONDS;
  const key = (at: number, made: ImageChange): ImageChange => ({
    ...made,
    contract: at < KEYS.length ? CONTRACT : SECOND_CONTRACT,
  });
  const changeOf = (each: ChangeOf, logIndex: number): Change => {
    if (each.kind === 'announced') {
      const { sample, first } = contents[each.content] as Content;
      const reading: Reading = keys.open({ siteId: 1, ...sample.image }) ? first : { kind: 'locked' };
      return { ...announced(sample, logIndex), reading: each.isInline ? reading : { kind: 'waiting' } };
    }
    if (each.kind === 'site-dismissed') {
      const hiddenSince = each.since === undefined ? undefined : timestamp - each.since * BLOCK_SECONDS;
      return { ...each, hiddenSince, logIndex };
    }
    if (each.kind === 'issuer-assigned') {
      const { kind, issuer, siteId } = each;
      return { kind, issuerHash: hashOfIssuer(issuer), siteId, logIndex };
    }
    if (each.kind === 'study-shared') return { ...each, logIndex };
    const of = KEYS[each.key % KEYS.length] ?? '';
    if (each.kind === 'retired') return key(each.key, retired(of, logIndex, each.isOwn, each.ruling));
    if (each.kind === 'restored') return key(each.key, restored(of, logIndex));
    return key(each.key, each.kind === 'sealed' ? sealed(of, logIndex) : withdrawn(of, logIndex));
  };
  return {
    block: { ...block(number, `${fork}f`), timestamp },
    changes: changes.map(changeOf),
  };
}

/** The beginning of an hour of the made-up chain. */
export const hourAt = (hour: number): number => BEGIN + hour * 3600;
