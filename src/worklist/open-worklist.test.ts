import { afterEach, describe, expect, it } from '@jest/globals';
import type { LedgerError } from '../base/errors.js';
import type { DicomJson } from '../standard/dicom-json.js';
import { openWorklist } from './open-worklist.js';
import { CREATION } from './require-new-workitem.js';
import type { WorklistCaller } from './subscriptions.js';
import { ALL_WORKITEMS } from './workitem.js';
import type { Worklist, WorklistEvent } from './worklist.js';

const everybody: WorklistCaller = { owner: 'admin', seesAll: true };
const [anna, bert]: WorklistCaller[] = [
  { owner: 'anna', seesAll: false },
  { owner: 'bert', seesAll: false },
] as const;

const VALUES: Record<string, string> = {
  '00404005': '20260131',
  '00404041': 'READY',
  '00741000': 'SCHEDULED',
  '00741200': 'HIGH',
  '00741204': 'Read',
};
const dataSet: DicomJson = Object.fromEntries(
  Object.keys(CREATION).map((tag) => [tag, { vr: 'LO', ...(VALUES[tag] && { Value: [VALUES[tag]] }) }]),
);

let worklist: Worklist;
afterEach(() => worklist.close());
const codeOf = (work: () => unknown): string | undefined => {
  try {
    work();
  } catch (error) {
    return (error as LedgerError).code;
  }
  return undefined;
};

describe('openWorklist', () => {
  it('shows nothing of a workitem to whom it is not, and lends an AE title to nobody', async () => {
    worklist = openWorklist({ file: ':memory:' });
    worklist.create(anna, { SOPInstanceUID: '1.1', dataSet });
    const query = { keys: [], fuzzy: false, offset: 0, limit: 10 };
    expect((await worklist.search(bert, query)).matches).toEqual([]);
    expect((await worklist.search(everybody, query)).matches).toHaveLength(1);
    for (const work of [
      () => worklist.retrieve(bert, '1.1'),
      () => worklist.update(bert, '1.1', { changes: {}, transactionUID: undefined }),
      () => worklist.changeState(bert, '1.1', { state: 'IN PROGRESS', transactionUID: '1.9' }),
      () => worklist.requestCancellation(bert, '1.1', { dataSet: {}, requestingAE: 'B' }),
      () => worklist.subscribe(bert, { aeTitle: 'B', resource: '1.1', isLocked: false, filter: [] }),
    ])
      expect(codeOf(work)).toBe('not-found');
    const events: WorklistEvent[] = [];
    worklist.listen((event) => events.push(event));
    worklist.subscribe(bert, { aeTitle: 'B', resource: ALL_WORKITEMS, isLocked: true, filter: [] });
    worklist.create(anna, { SOPInstanceUID: '1.2', dataSet });
    expect(events).toEqual([]);
    worklist.create(bert, { SOPInstanceUID: '1.3', dataSet });
    expect(events.map(({ aeTitles }) => aeTitles)).toEqual([['B']]);
    expect(codeOf(() => worklist.subscribe(anna, { aeTitle: 'B', resource: '1.1', isLocked: false, filter: [] }))).toBe(
      'forbidden',
    );
    expect(worklist.isSubscriber(anna, 'B')).toBe(false);
  });

  it('keeps what is locked, deletes what is done when there are too many, and knows that it was there', () => {
    worklist = openWorklist({ file: ':memory:', most: 2 });
    for (const SOPInstanceUID of ['1.1', '1.2']) {
      worklist.create(everybody, { SOPInstanceUID, dataSet });
      worklist.requestCancellation(everybody, SOPInstanceUID, { dataSet: {}, requestingAE: 'A' });
    }
    worklist.subscribe(everybody, { aeTitle: 'A', resource: '1.1', isLocked: true, filter: [] });
    worklist.create(everybody, { SOPInstanceUID: '1.3', dataSet });
    expect(worklist.retrieve(everybody, '1.1').state).toBe('CANCELED');
    expect(codeOf(() => worklist.retrieve(everybody, '1.2'))).toBe('gone');
    expect(codeOf(() => worklist.retrieve(anna, '1.2'))).toBe('not-found');
    expect(codeOf(() => worklist.create(everybody, { SOPInstanceUID: '1.4', dataSet }))).toBe('out-of-space');
    worklist.unsubscribe(everybody, { aeTitle: 'A', resource: '1.1' });
    worklist.create(everybody, { SOPInstanceUID: '1.4', dataSet });
    expect(codeOf(() => worklist.create(everybody, { SOPInstanceUID: '1.2', dataSet }))).toBe('conflict');
  });

  it('takes no more than 512 KiB for a workitem, however it came to them', () => {
    worklist = openWorklist({ file: ':memory:' });
    worklist.create(everybody, { SOPInstanceUID: '1.1', dataSet });
    const changes = { '00400400': { vr: 'LT', Value: ['x'.repeat(524_288)] } };
    expect(codeOf(() => worklist.update(everybody, '1.1', { changes, transactionUID: undefined }))).toBe('too-large');
    expect(worklist.retrieve(everybody, '1.1').dataSet['00400400']).toEqual({ vr: 'LO' });
  });
});
