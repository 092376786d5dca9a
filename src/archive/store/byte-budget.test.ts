import { describe, expect, it } from '@jest/globals';
import { createByteBudget, type ByteBudget, type BudgetShare } from './byte-budget.js';

const KiB = 1024;

/** Enters and notes who was let in. */
function enter(budget: ByteBudget, { name, inside }: { name: string; inside: string[] }): Promise<BudgetShare> {
  return budget.enter().then((share) => {
    inside.push(name);
    return share;
  });
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('createByteBudget', () => {
  it('counts what grows and what leaves, and leaving twice counts once', async () => {
    const budget = createByteBudget(1000 * KiB);
    const [a, b] = [await budget.enter(), await budget.enter()];
    expect(budget.inFlightBytes).toBe(128 * KiB);
    a.grow(100 * KiB);
    b.grow(1);
    expect(budget.inFlightBytes).toBe(100 * KiB + 1);
    a.leave();
    a.leave();
    expect(budget.inFlightBytes).toBe(1);
    b.leave();
    expect(budget.inFlightBytes).toBe(0);
  });

  it.each([
    [200 * KiB - 1, ['first', 'second']],
    [200 * KiB, ['first']],
    [200 * KiB + 1, ['first']],
  ])('with %d of 200 KiB in flight lets in %j', async (byteCount, expected) => {
    const budget = createByteBudget(200 * KiB);
    const inside: string[] = [];
    const first = await enter(budget, { name: 'first', inside });
    first.grow(byteCount);
    const second = enter(budget, { name: 'second', inside });
    await turn();
    expect(inside).toEqual(expected);
    first.leave();
    (await second).leave();
    expect(budget.inFlightBytes).toBe(0);
  });

  it('lets them in in the order in which they came, as room comes', async () => {
    const budget = createByteBudget(64 * KiB);
    const inside: string[] = [];
    const shares = ['a', 'b', 'c'].map((name) => enter(budget, { name, inside }));
    for (let i = 0; i < 3; i++) {
      const share = await shares[i]!;
      await turn();
      expect(inside).toEqual(['a', 'b', 'c'].slice(0, i + 1));
      share.leave();
    }
  });

  it('lets one instance in that is larger than the window', async () => {
    const budget = createByteBudget(64 * KiB);
    const large = await budget.enter();
    large.grow(10_000 * KiB);
    large.leave();
    (await budget.enter()).leave();
    expect(budget.inFlightBytes).toBe(0);
  });
});
