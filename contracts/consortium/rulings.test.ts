import { beforeEach, describe, expect, it } from '@jest/globals';
import { id as hashOf } from 'ethers';
import { key } from '../testing/body.js';
import { stranger, TestConsortium } from '../testing/consortium.js';
import { eventList } from '../testing/test-chain.js';

const images = stranger.address;
const imageId = key('image');
let consortium: TestConsortium;

beforeEach(async () => {
  consortium = await TestConsortium.open();
});

describe('a ruling', () => {
  it('stands under the next number of its image', async () => {
    expect(await consortium.call('rulingOn', images, imageId)).toEqual({ number: 0n, code: 0n });
    const { events } = await consortium.pass('rule', images, imageId, 113_037);
    expect(eventList(events)[1]).toEqual(['Ruled', images, imageId, 1n, 113_037n]);
    await consortium.pass('rule', images, imageId, 0);
    expect(await consortium.call('rulingOn', images, imageId)).toEqual({ number: 2n, code: 0n });
    expect(await consortium.call('rulingOn', images, key('another'))).toEqual({ number: 0n, code: 0n });
    expect(await consortium.call('rulingOn', consortium.address, imageId)).toEqual({ number: 0n, code: 0n });
  });
});

describe('an issuer', () => {
  it('is assigned to a site, to another one, and to nobody', async () => {
    const issuer = hashOf('HOSP-A');
    for (const siteId of [1n, 2n, 0n]) {
      const { events } = await consortium.pass('assignIssuer', issuer, siteId);
      expect(eventList(events)[1]).toEqual(['IssuerAssigned', issuer, siteId]);
      expect(await consortium.call('siteOfIssuer', issuer)).toBe(siteId);
    }
    expect(await consortium.passRefusal('assignIssuer', issuer, 3)).toEqual(['UnknownSite', 3n]);
  });
});
