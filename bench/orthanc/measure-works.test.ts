import { describe, expect, it } from '@jest/globals';
import { measureWorks } from './measure-works.js';
import type { Work } from './rows/row.js';
import type { Archive, ArchiveName } from './servers/archive.js';

const starts: ArchiveName[] = [];
const archive = (name: ArchiveName): Archive => ({
  ...{ name, folder: '', url: '', headers: {}, pid: 0, pulse: '', isAlive: true },
  start: async () => starts.push(name),
  stop: async () => undefined,
  forgetCache: () => undefined,
});
const archives = [archive('ours'), archive('Orthanc')];
const options = { pairs: 3, say: () => undefined };

/** A work whose values are given by server and pair. */
function workOf(unit: 'req/s' | 'ms', values: Record<ArchiveName, number[]>, more: Partial<Work> = {}): Work {
  return {
    ...{ group: 'G', rows: [{ name: 'a row', unit }], archives },
    sample: async ({ name }, pair) => ({ values: [values[name][pair]!] }),
    ...more,
  };
}

describe('measureWorks', () => {
  it('gives the median of the ratios of pairs, more being better for ours', async () => {
    const ours = [10, 20, 90];
    const rates = await measureWorks([workOf('req/s', { ours, Orthanc: [5, 5, 30] })], options);
    // 2, 4, 3
    expect(rates.rows[0]!.ratio).toEqual({ median: 3, least: 2, most: 4, count: 3 });
    const times = await measureWorks([workOf('ms', { ours, Orthanc: [5, 5, 30] })], options);
    expect(times.rows[0]!.ratio?.median).toBeCloseTo(1 / 3);
  });

  it('lets the other server begin each time', async () => {
    const order: string[] = [];
    const sample = async ({ name }: Archive): Promise<{ values: number[] }> => {
      order.push(name);
      return { values: [1] };
    };
    await measureWorks([workOf('ms', { ours: [], Orthanc: [] }, { sample })], { ...options, pairs: 2 });
    expect(order).toEqual(['ours', 'Orthanc', 'Orthanc', 'ours']);
  });

  it('has no ratio for answers that differ, and says so', async () => {
    const values = { ours: [1, 1, 1], Orthanc: [1, 1, 1] };
    const check = async ({ name }: Archive): Promise<string> => `same; ${name} 2`;
    const { rows, faults } = await measureWorks([workOf('req/s', values, { check })], options);
    expect(rows[0]!.ratio).toBeUndefined();
    expect(faults).toEqual([{ row: 'a row', what: 'the answers differ: ours 2; Orthanc 2' }]);
  });

  it('starts a server anew that failed, does not count the run, and gives the row up after two', async () => {
    starts.length = 0;
    let asked = 0;
    const sample = async ({ name }: Archive): Promise<{ values: number[] }> => {
      if (name === 'ours') return { values: [1] };
      asked++;
      throw new Error('Orthanc has ended by itself.');
    };
    const { rows, faults } = await measureWorks([workOf('ms', { ours: [], Orthanc: [] }, { sample })], options);
    expect(asked).toBe(2);
    expect(starts).toEqual(['Orthanc', 'Orthanc']);
    expect(faults).toHaveLength(2);
    expect(rows[0]!.ours.count).toBe(3);
    expect(rows[0]!.orthanc.count).toBe(0);
    expect(rows[0]!.ratio).toBeUndefined();
  });
});
