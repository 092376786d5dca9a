import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toHex } from '../ethereum/hex.js';
import { keccak256 } from '../ethereum/keccak256.js';
import { transact } from '../contract/transact.js';
import type { Rpc } from '../rpc/rpc.js';
import { type ConsortiumBed, openConsortiumBed, sealedImage } from '../testing/consortium-bed.js';
import { newKeptAccount } from '../testing/kept-account.js';
import { callAsFunction, callInWords } from './call-in-words.js';
import { consortiumInterface, createConsortiumReader, imagesInterface } from './consortium-reader.js';
import { encodeCall } from './decode-call.js';
import { readGovernors, readReplacements } from './read-governors.js';
import { readProposal, readProposals } from './read-proposals.js';
import { issuerHashOf, readIssuers, readRulings } from './read-rulings.js';
import { readRings } from './read-rings.js';
import { readSites } from './read-sites.js';
import { createConsortiumAccount } from './consortium-account.js';

/** States of an image. */
const [SEALED, RETIRED] = [2, 3];

let bed: ConsortiumBed;

beforeAll(async () => {
  bed = await openConsortiumBed();
});
afterAll(() => bed.close());

const refusal = (code: string, sentence: RegExp) => ({
  name: 'LedgerError',
  code,
  message: expect.stringMatching(sentence),
});

/** Proposed by the first, approved by the second, executed by the third. */
async function pass(...call: Parameters<typeof encodeCall>) {
  const [first, second, third] = bed.governors.map((one) => bed.as(one));
  const { id, hash } = await first!.propose(encodeCall(...call));
  await second!.approve(id, hash);
  return third!.execute(id);
}

describe('A proposal', () => {
  it('passes with two of three governors, and the accounts that it names get gas', async () => {
    const [first, second, third] = bed.governors.map((one) => bed.as(one));
    const champion = newKeptAccount();
    const call = encodeCall('admitSite', 'South', [champion.account]);
    const proposed = await first!.propose(call);
    expect(proposed).toMatchObject({ state: 'open', needed: 2, approvedBy: [first!.account], waits: false, call });
    await expect(first!.execute(proposed.id)).rejects.toMatchObject(
      refusal('chain-refused', /is open, so that cannot/),
    );
    await expect(first!.approve(proposed.id, call.hash)).rejects.toMatchObject(refusal('chain-refused', /has approved proposal \d+ already/)); // prettier-ignore
    expect(await second!.approve(proposed.id, call.hash)).toMatchObject({ state: 'executable' });
    expect(await bed.rpc.balance(champion.account)).toBe(0n);
    expect(await third!.execute(proposed.id)).toMatchObject({ state: 'executed' });
    expect(await bed.rpc.balance(champion.account)).toBeGreaterThan(0n);
    const south = (await readSites(bed)).find(({ name }) => name === 'South')!;
    expect(south).toMatchObject({ admitted: true, championCount: 0, writerCount: 0, hiddenSince: 0, card: undefined });
    expect(south.accounts).toEqual([{ account: champion.account, role: 'champion', hasJoined: false }]);
  });

  it('is not made twice: the same call by another governor is an approval', async () => {
    const [first, second] = bed.governors.map((one) => bed.as(one));
    const call = encodeCall('renameSite', 1, 'North');
    const { id } = await first!.propose(call);
    expect(await first!.propose(call)).toMatchObject({ id, state: 'open' });
    expect(await second!.propose(call)).toMatchObject({ id, state: 'executable' });
    expect(await second!.revoke(id)).toMatchObject({ id, state: 'open', approvedBy: [first!.account] });
    await expect(second!.revoke(id)).rejects.toMatchObject(refusal('chain-refused', /nothing to revoke/));
  });

  it('is refused before it is sent when the contract would refuse its call', async () => {
    const first = bed.as(bed.governors[0]);
    const before = await bed.rpc.nonce(first.account, 'latest');
    const refused = [
      [encodeCall('renameSite', 99, 'X'), /no admitted site 99/],
      [encodeCall('addGovernor', bed.governors[1].account), /is a governor/],
      [encodeCall('addGovernor', bed.writer.account), /acts for site 1 already/],
      [encodeCall('renameSite', 1, ' X'), /look at byte 0/],
      [encodeCall('dismissSite', 1, 1), /90 days back, not from 1970-01-01T00:00:01Z/],
      [encodeCall('readmitSite', 1), /not dismissed/],
    ] as const;
    for (const [call, sentence] of refused)
      await expect(first.propose(call)).rejects.toMatchObject(refusal('chain-refused', sentence));
    await expect(bed.as(bed.champion).propose(encodeCall('renameSite', 1, 'X'))).rejects.toMatchObject(refusal('site-not-admitted', /is no governor/)); // prettier-ignore
    expect(await bed.rpc.nonce(first.account, 'latest')).toBe(before);
  });

  it('that was changed since it was read is not approved', async () => {
    const [first, second] = bed.governors.map((one) => bed.as(one));
    const read = encodeCall('renameSite', 1, 'Norht');
    const { id } = await first!.propose(encodeCall('renameSite', 1, 'Thief'));
    await expect(second!.approve(id, read.hash)).rejects.toMatchObject(refusal('chain-refused', /is another than the one that was read/)); // prettier-ignore
  });

  it('is not shown from a node that gives another call for it', async () => {
    const { id } = await bed.as(bed.governors[0]).propose(encodeCall('renameSite', 1, 'Lied about'));
    const harmless = encodeCall('renameSite', 1, 'North');
    const lying: Rpc = {
      ...bed.rpc,
      logs: async (filter) =>
        (await bed.rpc.logs(filter)).map((log) => {
          const event = consortiumInterface.getEvent('Proposed')!;
          if (log.topics[0] !== event.topicHash) return log;
          return { ...log, data: consortiumInterface.encodeEventLog(event, [id, bed.governors[0].account, harmless.data]).data as `0x${string}` }; // prettier-ignore
        }),
    };
    await expect(readProposal({ ...bed, rpc: lying }, id)).rejects.toMatchObject(refusal('corrupt', /trust neither/));
    await expect(bed.as(bed.governors[1], lying).execute(id)).rejects.toMatchObject({ code: 'corrupt' });
    expect(await readProposal(bed, id)).toMatchObject({ call: encodeCall('renameSite', 1, 'Lied about') });
  });

  it('whose bytes hide something is kept without its call', async () => {
    const first = bed.as(bed.governors[0]);
    // Another program's: the contract takes it, because its decoder looks at the values only.
    const hidden = {
      ...encodeCall('renameSite', 1, 'North'),
      data: `${encodeCall('renameSite', 1, 'North').data}00` as const,
    };
    const hash = toHex(keccak256(Buffer.from(hidden.data.slice(2), 'hex')));
    const { id } = await first.propose({ ...hidden, hash });
    expect(await readProposal(bed, id)).toMatchObject({ state: 'open', call: undefined, hash });
  });

  it('of a trial with one governor is executed at once', async () => {
    const [only] = bed.governors;
    const { consortium } = await bed.found({ governors: [only.account] });
    const alone = createConsortiumAccount(bed, { consortium, key: only.key });
    expect(await alone.propose(encodeCall('renameSite', 1, 'Trial'))).toMatchObject({ id: 1, state: 'executed' });
    expect((await readSites({ rpc: bed.rpc, consortium }))[0]).toMatchObject({ name: 'Trial' });
  });

  it('that waits says until when, and is sent back once', async () => {
    const { consortium } = await bed.found({ waitSeconds: 259_200 });
    const [first, second, third] = bed.governors.map(({ key }) => createConsortiumAccount(bed, { consortium, key }));
    const { account } = newKeptAccount();
    const call = encodeCall('addGovernor', account);
    const { id } = await first!.propose(call);
    const passed = await second!.approve(id, call.hash);
    const now = Number((await bed.rpc.block('latest'))!.timestamp);
    expect(passed).toMatchObject({ state: 'waiting', waits: true, sentBack: false });
    expect(Math.abs(passed.executableFrom - now - 259_200)).toBeLessThan(180);
    await expect(third!.execute(id)).rejects.toMatchObject(refusal('chain-refused', /is waiting, so that cannot/));
    expect(await third!.sendBack(id)).toMatchObject({
      state: 'open',
      approvedBy: [],
      sentBack: true,
      executableFrom: 0,
    });
    await first!.approve(id, call.hash);
    expect(await second!.approve(id, call.hash)).toMatchObject({ state: 'waiting' });
    await expect(third!.sendBack(id)).rejects.toMatchObject(refusal('chain-refused', /was sent back before/));
  });

  it('lives until governors change', async () => {
    const { id } = await bed.as(bed.governors[0]).propose(encodeCall('renameSite', 1, 'Too late'));
    expect((await readProposals(bed, { onlyLive: true })).map((one) => one.id)).toContain(id);
    const fourth = newKeptAccount();
    await pass('addGovernor', fourth.account);
    expect(await bed.rpc.balance(fourth.account)).toBeGreaterThan(0n);
    expect(await readGovernors(bed)).toContain(fourth.account);
    expect(await readProposal(bed, id)).toMatchObject({ state: 'ended', approvedBy: [], needed: 3 });
    expect(await readProposals(bed, { onlyLive: true })).toEqual([]);
    const [first, second] = bed.governors.map((one) => bed.as(one));
    const remove = await first!.propose(encodeCall('removeGovernor', fourth.account));
    await second!.approve(remove.id, remove.hash);
    await bed.as(fourth).approve(remove.id, remove.hash);
    await first!.execute(remove.id);
    expect(await readGovernors(bed)).toEqual(bed.governors.map(({ account }) => account));
  });
});

describe('A replacement', () => {
  it('is begun by the word of one governor, and ended by that of another', async () => {
    const [first, second, lost] = bed.governors.map((one) => bed.as(one));
    const { account: successor } = newKeptAccount();
    await first!.startReplacement(lost!.account, successor);
    const [open] = await readReplacements(bed);
    expect(open).toMatchObject({ lost: lost!.account, successor });
    await expect(first!.executeReplacement(lost!.account)).rejects.toMatchObject(refusal('chain-refused', /can be replaced from \d{4}-/)); // prettier-ignore
    await expect(lost!.startReplacement(lost!.account, successor)).rejects.toMatchObject({ code: 'chain-refused' });
    await second!.objectToReplacement(lost!.account);
    expect(await readReplacements(bed)).toEqual([]);
    await expect(second!.objectToReplacement(lost!.account)).rejects.toMatchObject(refusal('chain-refused', /No replacement of/)); // prettier-ignore
  });
});

describe('A site', () => {
  it('names its accounts by a champion; they join, and leave', async () => {
    const champion = bed.as(bed.champion);
    const [writer, second] = [newKeptAccount(), newKeptAccount()];
    await expect(bed.as(writer).join(1)).rejects.toMatchObject(refusal('chain-refused', /was not named for site 1/));
    await champion.nameAccount(writer.account, 'writer');
    await champion.nameAccount(second.account, 'champion');
    expect(await bed.as(writer).join(1)).toBe('writer');
    expect(await bed.as(second).join(1)).toBe('champion');
    expect((await readSites(bed))[0]!.accounts).toEqual([
      { account: bed.writer.account, role: 'writer', hasJoined: true },
      { account: bed.champion.account, role: 'champion', hasJoined: true },
      { account: writer.account, role: 'writer', hasJoined: true },
      { account: second.account, role: 'champion', hasJoined: true },
    ]);
    await expect(champion.removeAccount(second.account)).rejects.toMatchObject(refusal('chain-refused', /is a champion, whom only governors remove/)); // prettier-ignore
    await champion.removeAccount(writer.account);
    await bed.as(second).leave();
    expect((await readSites(bed))[0]).toMatchObject({ writerCount: 1, championCount: 1 });
    await expect(bed.as(second).leave()).rejects.toMatchObject({ code: 'site-not-admitted' });
    await expect(bed.as(bed.writer).nameAccount(second.account, 'writer')).rejects.toMatchObject(refusal('site-not-admitted', /is no champion/)); // prettier-ignore
  });

  it('is dismissed from a time on, and readmitted', async () => {
    const since = Number((await bed.rpc.block('latest'))!.timestamp) - 3_600;
    await pass('dismissSite', 1, since);
    expect((await readSites(bed))[0]).toMatchObject({ admitted: false, hiddenSince: since });
    await expect(bed.as(bed.champion).nameAccount(newKeptAccount().account, 'writer')).rejects.toMatchObject({ code: 'site-not-admitted' }); // prettier-ignore
    await pass('readmitSite', 1);
    expect((await readSites(bed))[0]).toMatchObject({ admitted: true, hiddenSince: 0 });
  });
});

describe('Issuers and rings', () => {
  it('are read as they were said last', async () => {
    await pass('assignIssuer', issuerHashOf('Hôpital'), 1);
    await pass('assignIssuer', issuerHashOf('B'), 1);
    await pass('assignIssuer', issuerHashOf('B'), 0);
    expect(await readIssuers(bed)).toEqual([
      { issuerHash: issuerHashOf('Hôpital'), siteId: 1 },
      { issuerHash: issuerHashOf('B'), siteId: 0 },
    ]);
  });

  it('have the shares of a ring, each as it was said last', async () => {
    const ringId = `0x${'ab'.repeat(16)}` as const;
    const call = async (name: string, ...values: unknown[]): Promise<void> => {
      const data = createConsortiumReader(bed.rpc, bed.consortium).encode(name, ...values);
      await transact(bed, { key: bed.writer.key, to: bed.consortium, data, gasLimit: 500_000n });
    };
    await call('openRing', ringId, `0x${'cd'.repeat(32)}`);
    await call('share', ringId, 2, 0n, false);
    await call('share', ringId, 2, 7n, true);
    await call('share', ringId, 2, 7n, false);
    const said = { toSite: 2, mayAdd: false, sharedBy: bed.writer.account, sharedAt: expect.any(Number) };
    const shares = [0n, 7n].map((studyKey) => ({ ...said, studyKey, acknowledgedAt: undefined }));
    const opened = { openedBy: bed.writer.account, openedAt: expect.any(Number) };
    expect(await readRings(bed, 1)).toEqual([{ siteId: 1, ringId, ...opened, shares }]);
    expect(await readRings(bed)).toHaveLength(1);
    expect(await readRings(bed, 2)).toEqual([]);
  });
});

describe('A ruling', () => {
  it('stands before it is carried out, once, by whoever does it', async () => {
    const imageId = `0x${'ee'.repeat(32)}` as const;
    await pass('rule', bed.images, imageId, 113_037);
    expect(await readRulings(bed)).toEqual([{ images: bed.images, imageId, number: 1, code: 113_037 }]);
    await expect(bed.as(bed.writer).carryOut(bed.images, imageId)).rejects.toMatchObject(refusal('chain-refused', /is in no state in which that can be done/)); // prettier-ignore
  });

  it('retires a sealed image of another site, and restores it', async () => {
    const imageId = await sealedImage(bed);
    const stateOf = async (): Promise<number> =>
      Number((await createConsortiumReader(bed.rpc, bed.images, imagesInterface).read('getImageState', imageId))[0]);
    const governor = bed.as(bed.governors[2]);
    await pass('rule', bed.images, imageId, 113_001);
    expect(await stateOf()).toBe(SEALED);
    await governor.carryOut(bed.images, imageId);
    expect(await stateOf()).toBe(RETIRED);
    await expect(governor.carryOut(bed.images, imageId)).rejects.toMatchObject(refusal('chain-refused', /no ruling on image 0x[0-9a-f]{64} that was not carried out/)); // prettier-ignore
    await pass('rule', bed.images, imageId, 0);
    await governor.carryOut(bed.images, imageId);
    expect(await stateOf()).toBe(SEALED);
  });
});

describe('callInWords', () => {
  const site = 'site 1 "North"';
  const image = `0x${'cd'.repeat(32)}`;

  it.each<[Parameters<typeof encodeCall>, RegExp]>([
    [['renameSite', 1, 'Nоrth\u202e"'], /^Site 1 "North" .* "Nоrth<U\+202E>\\"" \(with U\+043E\)/],
    [['readmitSite', 9], /^Site 9, which does not exist, may act again/],
    [['dismissSite', 1, 1_700_000_000], /announced since 2023-11-14T22:13:20Z are hidden/],
    [['dismissSite', 1, 0], /none of them is hidden/],
    [['allowErasures', 1, 500, 1_700_000_000], /500 studies a day until 2023-11-14T22:13:20Z/],
    [['assignIssuer', issuerHashOf('Known'), 1], /speaks for the issuer of patient IDs "Known"/],
    [['assignIssuer', issuerHashOf('Other'), 0], /Nobody .* whose name has the hash 0x[0-9a-f]{64}/],
    [['rule', `0x${'ab'.repeat(20)}`, image, 113_001], /is retired at every site: Rejected for Quality Reasons/],
    [['rule', `0x${'ab'.repeat(20)}`, image, 113_002], /no reason of CID 7011: it cannot be carried out/],
    [['rule', `0x${'ab'.repeat(20)}`, image, 0], /is in use again/],
  ])('says what %p does', async (call, words) => {
    expect(await callInWords(bed, encodeCall(...call), { issuers: ['Known'] })).toMatch(words);
  });

  it('says whose an account is', async () => {
    const words = await callInWords(bed, encodeCall('replaceGovernor', bed.governors[0].account, bed.writer.account));
    expect(words).toBe(`${bed.writer.account} (a writer of ${site}) becomes a governor in place of ${bed.governors[0].account} (a governor).`); // prettier-ignore
    expect(callAsFunction(encodeCall('admitSite', '0xab', [bed.writer.account]))).toBe(`admitSite(name = "0xab", champions = [${bed.writer.account}])`); // prettier-ignore
  });
});
