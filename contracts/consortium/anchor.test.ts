import { beforeEach, describe, expect, it } from '@jest/globals';
import { key } from '../testing/body.js';
import { championA, governors, stranger, TestConsortium, writerA } from '../testing/consortium.js';
import { eventList } from '../testing/test-chain.js';

let consortium: TestConsortium;

beforeEach(async () => {
  consortium = await TestConsortium.open();
});

describe('anchor', () => {
  it('tells a root of the site, by a writer', async () => {
    const { events } = await consortium.send(writerA, 'anchor', 1, key('records'), 2n ** 64n - 1n);
    expect(eventList(events)).toEqual([['Anchored', 1n, 1n, key('records'), 2n ** 64n - 1n, writerA.address]]);
    for (const who of [championA, governors[0], stranger])
      expect(await consortium.refusal(who, 'anchor', 1, key('records'), 1)).toEqual(['NotAWriter', who.address]);
  });
});
