import { describe, expect, it } from '@jest/globals';
import { readConfig } from './config.js';

const refusal = (settings: Record<string, string>) => (): unknown => readConfig(settings);

describe('SITE_ORDER', () => {
  it('is a list of site numbers, in its order', () => {
    expect(readConfig({}).SITE_ORDER).toEqual([]);
    expect(readConfig({ SITE_ORDER: ' 3, 1,4294967295,' }).SITE_ORDER).toEqual([3, 1, 4_294_967_295]);
  });

  it.each(['0', '1,x', '1.5', '-1', '01', '4294967296', '1e3'])('refuses "%s"', (value) => {
    expect(refusal({ SITE_ORDER: value })).toThrow(/SITE_ORDER=.*no number of a site/);
  });

  it('refuses a site that is there twice', () => {
    expect(refusal({ SITE_ORDER: '2,1,2' })).toThrow('SITE_ORDER="2,1,2" names the site 2 twice');
  });
});

describe('SHOW_ADDITIONS', () => {
  it('is a list of site numbers, and nobody unless it is set', () => {
    expect(readConfig({}).SHOW_ADDITIONS).toEqual([]);
    expect(readConfig({ SHOW_ADDITIONS: '2, 5' }).SHOW_ADDITIONS).toEqual([2, 5]);
    expect(refusal({ SHOW_ADDITIONS: 'South' })).toThrow(/SHOW_ADDITIONS=.*no number of a site/);
  });
});

describe('FORMER_SITES', () => {
  it('gives the number of now by the former one', () => {
    expect(readConfig({}).FORMER_SITES).toEqual(new Map());
    const read = readConfig({ FORMER_SITES: '1=2, 2 = 1' }).FORMER_SITES;
    expect(read).toEqual(
      new Map([
        [1, 2],
        [2, 1],
      ]),
    );
  });

  it.each(['1', '1=', '=1', '1=2=3', '0=1', '1=North', '1=2,1=3', '1=3,2=3'])('refuses "%s"', (value) => {
    expect(refusal({ FORMER_SITES: value })).toThrow(/FORMER_SITES=/);
  });
});

describe('ISSUERS', () => {
  it('says which site speaks for an issuer, several of one site too', () => {
    expect(readConfig({}).ISSUERS).toEqual(new Map());
    expect(readConfig({ ISSUERS: '1:North Hospital; 2: urn:oid:1.2.3 ;1:North^Ward, 2;' }).ISSUERS).toEqual(
      new Map([
        ['North Hospital', 1],
        ['urn:oid:1.2.3', 2],
        ['North^Ward, 2', 1],
      ]),
    );
  });

  it('takes the same words twice, but no issuer at two sites', () => {
    expect(readConfig({ ISSUERS: '1:North;1:North' }).ISSUERS).toEqual(new Map([['North', 1]]));
    expect(refusal({ ISSUERS: '1:North;2:North' })).toThrow('gives the issuer "North" to the sites 1 and 2');
  });

  it.each(['North', '1:', '1: ;2:South', ':North'])('refuses "%s"', (value) => {
    expect(refusal({ ISSUERS: value })).toThrow(/ISSUERS=.* has "/);
  });

  it.each(['0:North', 'x:North', '1,2:North'])('refuses the site of "%s"', (value) => {
    expect(refusal({ ISSUERS: value })).toThrow(/ISSUERS=.*no number of a site/);
  });
});

describe('The bounds of what others announce', () => {
  it.each([
    ['MAX_HEADER_BYTES', 65_536, 67_108_864],
    ['RETIREMENTS_PER_HOUR', 0, 1_000_000],
  ] as const)('%s goes from %d to %d', (key, least, most) => {
    expect([least, most].map((value) => readConfig({ [key]: String(value) })[key])).toEqual([least, most]);
    for (const value of [least - 1, most + 1]) expect(refusal({ [key]: String(value) })).toThrow(`${key}="${value}"`);
  });
});
