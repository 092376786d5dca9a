import { afterEach, expect, it, describe, jest } from '@jest/globals';
import type { Archive } from '../../archive/archive.js';
import { watchRetirements } from './watch-retirements.js';

afterEach(() => void jest.useRealTimers());

const archiveWith = (retire: Archive['retire']): Archive => {
  const archive = { retire, seenBy: () => archive, ofSite: () => archive } as unknown as Archive;
  return archive;
};

describe('watchRetirements', () => {
  it('tells of each beyond the number within one hour, whoever does it, and begins anew with the next hour', async () => {
    jest.useFakeTimers({ now: Date.parse('2026-11-27T13:59:00Z') });
    const onMany = jest.fn();
    const retired: string[] = [];
    const watched = watchRetirements(
      archiveWith(async (uid) => void retired.push(uid)),
      { perHour: 2, onMany },
    );
    const retire = async (...uids: string[]): Promise<void> => {
      for (const uid of uids) await watched.seenBy('everything').retire(uid, 'wrong');
    };
    await retire('1', '2');
    expect(onMany).not.toHaveBeenCalled();
    await watched.retire('3', 'wrong');
    await retire('4');
    expect(onMany.mock.calls).toEqual([[3], [4]]);
    jest.setSystemTime(Date.parse('2026-11-27T14:00:00Z'));
    await retire('5', '6');
    expect(onMany).toHaveBeenCalledTimes(2);
    expect(retired).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  it('does not count what failed', async () => {
    const onMany = jest.fn();
    const watched = watchRetirements(
      archiveWith(() => Promise.reject(new Error('no node'))),
      { perHour: 0, onMany },
    );
    await expect(watched.retire('1', 'wrong')).rejects.toThrow('no node');
    expect(onMany).not.toHaveBeenCalled();
  });
});
