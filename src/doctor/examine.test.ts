import { describe, expect, it } from '@jest/globals';
import { examine } from './examine.js';

describe('examine', () => {
  it('gives what all checks find, in their order, and makes a fault of what throws and of what does not end', async () => {
    const found = await examine(
      [
        {
          name: 'slow',
          look: async ({ ok }) => new Promise((resolve) => setTimeout(() => resolve(ok('At last.')), 20)),
        },
        { name: 'quick', look: ({ warning }) => warning('Hm.', 'Do it.') },
        { name: 'broken', look: () => Promise.reject(new Error('It broke')) },
        { name: 'hanging', look: ({ ok }) => (ok('Half of it.'), new Promise<void>(() => undefined)) },
      ],
      { timeoutMs: 1_000 },
    );
    expect(found).toEqual([
      { check: 'slow', verdict: 'ok', says: 'At last.' },
      { check: 'quick', verdict: 'warning', says: 'Hm.', toDo: 'Do it.' },
      { check: 'broken', verdict: 'fault', says: 'It broke.', toDo: expect.any(String) },
      { check: 'hanging', verdict: 'ok', says: 'Half of it.' },
      { check: 'hanging', verdict: 'fault', says: 'The check has not ended in 1 s.', toDo: expect.any(String) },
    ]);
  });
});
