import { describe, expect, it, jest } from '@jest/globals';
import { LedgerError } from '../../base/errors.js';
import type { CatalogInstance } from '../../catalog/catalog.js';
import type { Outcome } from '../outcome.js';
import { outcomeOfRejection } from './outcome-of-rejection.js';

const ids = { StudyInstanceUID: '1.1', SeriesInstanceUID: '1.2' };
const stored: Outcome = {
  kind: 'stored',
  ...ids,
  SOPInstanceUID: '1.9',
  SOPClassUID: '1.8',
  sha256: 'ab',
  alreadyThere: false,
};
const states: Record<string, CatalogInstance['state']> = { '1.3': 'sealed', '1.4': 'retired', '1.5': 'sealed' };
const seen = {
  instance: async (SOPInstanceUID: string) =>
    states[SOPInstanceUID] && ({ ...ids, SOPInstanceUID, state: states[SOPInstanceUID] } as CatalogInstance),
};
const named = (...uids: string[]) => uids.map((SOPInstanceUID) => ({ ...ids, SOPInstanceUID }));
const retire = jest.fn(async (uid: string, _reason: string) => {
  if (uid === '1.5') throw new LedgerError('site-not-admitted', 'It is of another site.');
});
const reject = (instances: ReturnType<typeof named>, mayRetire = true): Promise<Outcome> => {
  retire.mockClear();
  return outcomeOfRejection({ seen, retire }, stored, { note: { reason: 'why', instances }, mayRetire });
};

describe('outcomeOfRejection', () => {
  it('retires what is named, and passes over what is retired already', async () => {
    expect(await reject(named('1.3', '1.4'))).toEqual(stored);
    expect(retire.mock.calls).toEqual([['1.3', 'why']]);
  });

  it('retires nothing for whom it is not allowed, and warns of that', async () => {
    expect(await reject(named('1.3'), false)).toMatchObject({ kind: 'stored', warning: { reason: 0xb007 } });
    expect(retire).not.toHaveBeenCalled();
  });

  it.each([
    ['is not seen', named('1.3', '1.7')],
    ['is in another study', [...named('1.3'), { ...ids, StudyInstanceUID: '1.6', SOPInstanceUID: '1.4' }]],
    ['cannot be retired', named('1.3', '1.5')],
  ])('warns of what %s, and retires the rest', async (_name, instances) => {
    const outcome = await reject(instances);
    expect(outcome).toMatchObject({ warning: { message: expect.stringMatching(/^1 of the 2 instances/) } });
    expect(retire).toHaveBeenCalledWith('1.3', 'why');
  });

  it('does nothing for a note that is not stored', async () => {
    const refused: Outcome = { kind: 'refused', reason: 0xc000, message: 'No.' };
    const note = { reason: 'why', instances: named('1.3') };
    retire.mockClear();
    expect(await outcomeOfRejection({ seen, retire }, refused, { note, mayRetire: true })).toBe(refused);
    expect(retire).not.toHaveBeenCalled();
  });
});
