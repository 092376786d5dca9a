import { beforeEach, describe, expect, it } from '@jest/globals';
import { ZeroAddress } from 'ethers';
import {
  CHAMPION,
  championA,
  championB,
  DAY,
  governors,
  HOUR,
  NONE,
  stranger,
  TestConsortium,
  WRITER,
  writerA,
  writerB,
} from '../testing/consortium.js';
import { account, eventList } from '../testing/test-chain.js';

const [fresh, other] = [account(20), account(21)];
const [governor] = governors;
let consortium: TestConsortium;

beforeEach(async () => {
  consortium = await TestConsortium.open();
});

const site = (siteId: number) => consortium.call<Record<string, unknown>>('getSite', siteId);

describe('deployment', () => {
  it('admits the first site with its accounts, or none', async () => {
    const one = await TestConsortium.deploy({ siteName: 'St. Elsewhere', writers: [fresh.address, other.address] });
    expect(eventList(one.deployment.events).slice(3)).toEqual([
      ['SiteAdmitted', 1n, 'St. Elsewhere'],
      ['AccountJoined', 1n, fresh.address, WRITER],
      ['AccountJoined', 1n, other.address, WRITER],
      ['AccountJoined', 1n, championA.address, CHAMPION],
    ]);
    expect(await one.call('siteOf', other.address)).toBe(1n);
    const none = await TestConsortium.deploy({ siteName: '', writers: [], champions: [] });
    expect(await none.call('siteCount')).toBe(0n);
    await expect(TestConsortium.deploy({ siteName: '' })).rejects.toThrow('NameLengthOutOfRange(0, 64)');
  });

  it('refuses one account in two roles, as a governor, and zero', async () => {
    const open = (writers: string[]) => TestConsortium.deploy({ writers });
    await expect(open([championA.address])).rejects.toThrow(`AccountInUse(${championA.address}, 1)`);
    await expect(open([governor.address])).rejects.toThrow('AlreadyAGovernor');
    await expect(open([ZeroAddress])).rejects.toThrow('ZeroAccount');
  });
});

describe('a site', () => {
  it('is admitted under the next number, with champions who join by themselves', async () => {
    const { events } = await consortium.pass('admitSite', 'Site C', [fresh.address, other.address]);
    expect(eventList(events).slice(1)).toEqual([
      ['SiteAdmitted', 3n, 'Site C'],
      ['AccountNamed', 3n, fresh.address, CHAMPION, consortium.address],
      ['AccountNamed', 3n, other.address, CHAMPION, consortium.address],
    ]);
    expect(await consortium.call('siteCount')).toBe(3n);
    expect(await site(3)).toEqual({
      name: 'Site C',
      admitted: true,
      hiddenSince: 0n,
      writerCount: 0n,
      championCount: 0n,
    });
    expect(await consortium.call('namedRole', 3, fresh.address)).toBe(CHAMPION);
    const joined = await consortium.send(fresh, 'join', 3);
    expect(eventList(joined.events)).toEqual([['AccountJoined', 3n, fresh.address, CHAMPION]]);
    expect(await consortium.call('namedRole', 3, fresh.address)).toBe(NONE);
    expect(await consortium.call('getAccount', fresh.address)).toEqual({ siteId: 3n, role: CHAMPION });
    expect(await site(3)).toMatchObject({ championCount: 1n });
  });

  it('has a name of 1 to 64 bytes, which governors change', async () => {
    const name = (text: string) => consortium.passRefusal('admitSite', text, []);
    expect(await name('')).toEqual(['NameLengthOutOfRange', 0n, 64n]);
    expect(await name('é'.repeat(32) + '.')).toEqual(['NameLengthOutOfRange', 65n, 64n]);
    await consortium.pass('admitSite', 'é'.repeat(32), []);
    const renamed = await consortium.pass('renameSite', 3, '東京 Clinic – Nord');
    expect(eventList(renamed.events)[1]).toEqual(['SiteRenamed', 3n, '東京 Clinic – Nord']);
    expect(await site(3)).toMatchObject({ name: '東京 Clinic – Nord' });
    expect(await consortium.passRefusal('renameSite', 3, 'a\nb')).toEqual(['NameNotPlain', 1n]);
    expect(await consortium.passRefusal('renameSite', 4, 'D')).toEqual(['UnknownSite', 4n]);
    expect(await consortium.passRefusal('renameSite', 0, 'D')).toEqual(['UnknownSite', 0n]);
  });

  it.each([
    ['a tab', 'a\tb', 1n],
    ['U+0000', '\u0000', 0n],
    ['U+007F', 'ab\u007f', 2n],
    ['U+0085 (next line)', 'é\u0085', 2n],
    ['U+009F', '\u009f', 0n],
    ['U+200B (zero width space)', 'a\u200bb', 1n],
    ['U+200F (right-to-left mark)', '\u200f', 0n],
    ['U+2028 (line separator)', 'a\u2028b', 1n],
    ['U+202E (right-to-left override)', 'a\u202eb', 1n],
    ['U+2066 (isolate)', 'a\u2066b', 1n],
    ['a space at the beginning', ' a', 0n],
    ['a space at the end', 'a ', 1n],
  ])('has a name without control characters: %s', async (_, name, offset) => {
    expect(await consortium.passRefusal('renameSite', 1, name)).toEqual(['NameNotPlain', offset]);
  });

  it('may have a name with what is next to control characters', async () => {
    const name = 'a b~\u00a0\u200a\u2010\u2027\u202f\u2070À';
    await consortium.pass('renameSite', 1, name);
    expect(await site(1)).toMatchObject({ name });
  });

  it('that is dismissed does nothing any more, and is readmitted', async () => {
    const { events } = await consortium.pass('dismissSite', 2, 0);
    expect(eventList(events)[1]).toEqual(['SiteDismissed', 2n, 0n]);
    expect(await site(2)).toMatchObject({ name: 'Site B', admitted: false, writerCount: 1n, championCount: 1n });
    expect(await consortium.call('siteOf', writerB.address)).toBe(0n);
    expect(await consortium.refusal(writerB, 'orderErasure', [1])).toEqual(['NotAWriter', writerB.address]);
    expect(await consortium.refusal(writerB, 'anchor', 1, `0x${'11'.repeat(32)}`, 5)).toEqual([
      'NotAWriter',
      writerB.address,
    ]);
    expect(await consortium.refusal(championB, 'nameAccount', fresh.address, WRITER)).toEqual([
      'NotAChampion',
      championB.address,
    ]);
    expect(await consortium.passRefusal('dismissSite', 2, 0)).toEqual(['UnknownSite', 2n]);
    expect(await consortium.passRefusal('dismissSite', 3, 0)).toEqual(['UnknownSite', 3n]);
    expect(await consortium.passRefusal('nameChampion', 2, fresh.address)).toEqual(['UnknownSite', 2n]);
    const readmitted = await consortium.pass('readmitSite', 2);
    expect(eventList(readmitted.events)[1]).toEqual(['SiteReadmitted', 2n]);
    expect(await consortium.call('siteOf', writerB.address)).toBe(2n);
    expect(await consortium.passRefusal('readmitSite', 2)).toEqual(['SiteNotDismissed', 2n]);
    expect(await consortium.passRefusal('readmitSite', 3)).toEqual(['UnknownSite', 3n]);
  });

  it('is hidden from a time on when it is dismissed, 90 days before at most, until it is readmitted', async () => {
    const executedAt = consortium.chain.timestamp + 72n * HOUR;
    const earliest = executedAt - 90n * DAY;
    const refusal = await consortium.passRefusal('dismissSite', 2, earliest - 1n);
    expect(refusal).toEqual(['HiddenTooFarBack', earliest - 1n, earliest]);
    const again = executedAt + 72n * HOUR - 90n * DAY;
    await consortium.pass('dismissSite', 2, again);
    expect(await site(2)).toMatchObject({ admitted: false, hiddenSince: again });
    await consortium.pass('readmitSite', 2);
    expect(await site(2)).toMatchObject({ admitted: true, hiddenSince: 0n });
    const huge = 2n ** 40n - 1n;
    await consortium.pass('dismissSite', 2, huge);
    expect(await site(2)).toMatchObject({ admitted: false, hiddenSince: huge });
  });
});

describe('an account', () => {
  it('is named by a champion for either role, and joins', async () => {
    for (const [who, role] of [
      [fresh, WRITER],
      [other, CHAMPION],
    ] as const) {
      const named = await consortium.send(championA, 'nameAccount', who.address, role);
      expect(eventList(named.events)).toEqual([['AccountNamed', 1n, who.address, role, championA.address]]);
      await consortium.send(who, 'join', 1);
      expect(await consortium.call('getAccount', who.address)).toEqual({ siteId: 1n, role });
    }
    expect(await consortium.call('siteOf', fresh.address)).toBe(1n);
    expect(await consortium.call('siteOf', other.address)).toBe(0n);
    expect(await site(1)).toMatchObject({ writerCount: 2n, championCount: 2n });
  });

  it('is named by no writer, no governor, no stranger, and for no role but these', async () => {
    for (const who of [writerA, governor, stranger])
      expect(await consortium.refusal(who, 'nameAccount', fresh.address, WRITER)).toEqual([
        'NotAChampion',
        who.address,
      ]);
    const none = await consortium.refusal(championA, 'nameAccount', fresh.address, NONE);
    expect(none).toEqual(['RoleOfNone', fresh.address]);
    expect(await consortium.refusal(championA, 'nameAccount', ZeroAddress, WRITER)).toEqual(['ZeroAccount']);
  });

  it('joins only where it was named, and only once', async () => {
    await consortium.send(championA, 'nameAccount', fresh.address, WRITER);
    expect(await consortium.refusal(fresh, 'join', 2)).toEqual(['NotNamed', fresh.address, 2n]);
    expect(await consortium.refusal(fresh, 'join', 7)).toEqual(['UnknownSite', 7n]);
    expect(await consortium.refusal(stranger, 'join', 1)).toEqual(['NotNamed', stranger.address, 1n]);
    await consortium.send(fresh, 'join', 1);
    expect(await consortium.refusal(fresh, 'join', 1)).toEqual(['NotNamed', fresh.address, 1n]);
  });

  it('has one role at one site: naming binds nobody, and joining twice is refused', async () => {
    await consortium.send(championB, 'nameAccount', fresh.address, WRITER);
    await consortium.send(championA, 'nameAccount', fresh.address, WRITER);
    await consortium.send(fresh, 'join', 1);
    expect(await consortium.refusal(fresh, 'join', 2)).toEqual(['AccountInUse', fresh.address, 1n]);
    await consortium.send(championA, 'nameAccount', writerA.address, CHAMPION);
    expect(await consortium.refusal(writerA, 'join', 1)).toEqual(['AccountInUse', writerA.address, 1n]);
    await consortium.send(writerA, 'leaveSite');
    await consortium.send(writerA, 'join', 1);
    expect(await consortium.call('getAccount', writerA.address)).toEqual({ siteId: 1n, role: CHAMPION });
  });

  it('of a governor joins no site', async () => {
    await consortium.send(championA, 'nameAccount', governor.address, WRITER);
    expect(await consortium.refusal(governor, 'join', 1)).toEqual(['AlreadyAGovernor', governor.address]);
  });

  it('takes the role that was named last', async () => {
    await consortium.send(championA, 'nameAccount', fresh.address, CHAMPION);
    await consortium.send(championA, 'nameAccount', fresh.address, WRITER);
    await consortium.send(fresh, 'join', 1);
    expect(await consortium.call('getAccount', fresh.address)).toEqual({ siteId: 1n, role: WRITER });
  });

  it('leaves when it likes, also a dismissed site', async () => {
    await consortium.pass('dismissSite', 2, 0);
    for (const who of [writerB, championB]) {
      const { events } = await consortium.send(who, 'leaveSite');
      expect(eventList(events)).toEqual([['AccountRemoved', 2n, who.address, who.address]]);
      expect(await consortium.call('getAccount', who.address)).toEqual({ siteId: 0n, role: NONE });
    }
    expect(await site(2)).toMatchObject({ writerCount: 0n, championCount: 0n });
    expect(await consortium.refusal(writerB, 'leaveSite')).toEqual(['NotOfASite', writerB.address]);
    await consortium.send(championA, 'nameAccount', writerB.address, WRITER);
    await consortium.send(writerB, 'join', 1);
  });

  it('that writes is removed by a champion of its site, and its naming with it', async () => {
    await consortium.send(championA, 'nameAccount', writerA.address, CHAMPION);
    const { events } = await consortium.send(championA, 'removeAccount', writerA.address);
    expect(eventList(events)).toEqual([['AccountRemoved', 1n, writerA.address, championA.address]]);
    expect(await consortium.call('siteOf', writerA.address)).toBe(0n);
    expect(await consortium.refusal(writerA, 'join', 1)).toEqual(['NotNamed', writerA.address, 1n]);
    const foreign = await consortium.refusal(championA, 'removeAccount', writerB.address);
    expect(foreign).toEqual(['NotTheSitesAccount', writerB.address, 1n]);
    expect(await consortium.refusal(writerB, 'removeAccount', writerA.address)).toEqual([
      'NotAChampion',
      writerB.address,
    ]);
  });

  it('that was named and has not joined can be unnamed', async () => {
    await consortium.send(championA, 'nameAccount', fresh.address, CHAMPION);
    await consortium.send(championA, 'removeAccount', fresh.address);
    expect(await consortium.refusal(fresh, 'join', 1)).toEqual(['NotNamed', fresh.address, 1n]);
    // What one site takes back is its own naming only.
    await consortium.send(championA, 'nameAccount', writerB.address, WRITER);
    await consortium.send(championA, 'removeAccount', writerB.address);
    expect(await consortium.call('siteOf', writerB.address)).toBe(2n);
  });

  it('of a champion is named and removed by proposal, too, and by proposal only', async () => {
    await consortium.pass('nameChampion', 1, fresh.address);
    await consortium.send(fresh, 'join', 1);
    expect(await consortium.refusal(fresh, 'removeAccount', championA.address)).toEqual([
      'OnlyAProposalRemovesAChampion',
      championA.address,
      1n,
    ]);
    const { events } = await consortium.pass('removeAccountOf', 1, championA.address);
    expect(eventList(events)[1]).toEqual(['AccountRemoved', 1n, championA.address, consortium.address]);
    expect(await consortium.refusal(championA, 'nameAccount', other.address, WRITER)).toEqual([
      'NotAChampion',
      championA.address,
    ]);
    expect(await consortium.passRefusal('removeAccountOf', 1, writerB.address)).toEqual([
      'NotTheSitesAccount',
      writerB.address,
      1n,
    ]);
    expect(await consortium.passRefusal('removeAccountOf', 0, stranger.address)).toEqual([
      'NotTheSitesAccount',
      stranger.address,
      0n,
    ]);
    await consortium.pass('removeAccountOf', 2, writerB.address);
    expect(await site(2)).toMatchObject({ writerCount: 0n, championCount: 1n });
  });
});
