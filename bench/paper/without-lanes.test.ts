import { describe, expect, it } from '@jest/globals';
import type { PaperRecord } from './records.js';
import { withoutLanes } from './without-lanes.js';

const stored = { stored: true, storingMs: 6000, firstViewableStoringMs: 2000, transactions: 3 };
const records = [
  { ...stored, implementation: 'paper' },
  { ...stored, implementation: 'ours' },
  { loaded: true, implementation: 'paper', loadingMs: 500 },
] as PaperRecord[];

describe('withoutLanes', () => {
  it("scales storing with the paper's method to what a piece takes alone", () => {
    const scaled = withoutLanes(records, { lanes: 4, pieceMsAlone: 1000 });
    expect(scaled.pieceMsInRun).toBe(2000);
    expect(scaled.records).toEqual([
      { ...records[0], storingMs: 3000, firstViewableStoringMs: 1000 },
      ...records.slice(1),
    ]);
  });

  it('leaves all as it was measured with one lane', () => {
    expect(withoutLanes(records, { lanes: 1, pieceMsAlone: 1000 }).records).toEqual(records);
  });
});
