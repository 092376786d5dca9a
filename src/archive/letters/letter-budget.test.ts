import { describe, expect, it } from '@jest/globals';
import { createLetterBudget } from './letter-budget.js';

const MiB = 1024 * 1024;

describe('createLetterBudget', () => {
  it('lets a site send 128 MiB in an hour, and other sites as much', () => {
    let now = 0;
    const budget = createLetterBudget(() => now);
    for (let i = 0; i < 8; i++) budget.spend(2, 16 * MiB);
    expect(() => budget.spend(2, 1)).toThrow('Site 2 has sent');
    budget.spend(3, 16 * MiB);
    now = 3_600_000 - 1;
    expect(() => budget.spend(2, 1)).toThrow(expect.objectContaining({ code: 'too-many-requests', details: { retryAfterS: 1 } })); // prettier-ignore
    now += 1;
    budget.spend(2, 16 * MiB);
  });

  it('counts a small letter as 64 KiB: each costs a decryption', () => {
    const budget = createLetterBudget(() => 0);
    for (let i = 0; i < 2_048; i++) budget.spend(2, 1);
    expect(() => budget.spend(2, 1)).toThrow('too many');
  });
});
