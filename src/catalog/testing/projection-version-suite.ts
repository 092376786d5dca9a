import { expect, it } from '@jest/globals';
import type { OpenForSuite } from './open-for-suite.js';
import { announced, block, full, query, sealed } from './records.js';

/** What becomes of a catalogue that another release or other settings have made. */
export function projectionVersionSuite(
  open: OpenForSuite,
  {
    makeAnother,
  }: { /** Gives the closed catalogue of that name another version. */ makeAnother: (name: string) => unknown },
): void {
  it('empties a catalogue of another version, and keeps one of its own', async () => {
    const name = 'versions';
    const made = await open({ name });
    await made.apply(block(1), [announced(full), sealed('a', 1)]);
    await made.close();

    const kept = await open({ name });
    expect(kept.projection.cursor()?.number).toBe(1n);
    await kept.close();

    await makeAnother(name);
    const emptied = await open({ name });
    expect(emptied.projection.cursor()).toBeUndefined();
    expect((await emptied.seenBy('everything').search(query('patient'))).matches).toEqual([]);
    await emptied.apply(block(0), [announced(full)]);
    expect((await emptied.seenBy('everything').counts()).instances).toBe(1);
    await emptied.close();
  });
}
