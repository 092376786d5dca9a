import { describe, expect, it } from '@jest/globals';
import { FunctionFragment, id as hashOf, keccak256, solidityPacked } from 'ethers';
import { compareGas, knownGas, RELEASE_2 } from '../gas.js';
import { key, noise } from '../testing/body.js';
import { championA, governors, HOUR, TestConsortium, WRITER, writerA, writerB } from '../testing/consortium.js';
import { account, type Sent } from '../testing/test-chain.js';

const [first, second, third] = governors;
const fresh = account(20);
const ring = `0x${'ab'.repeat(16)}`;

describe('gas of the consortium', () => {
  it('of proposals is no more than before', async () => {
    const consortium = await TestConsortium.open();
    const data = consortium.encode('addGovernor', fresh.address);
    const propose = await consortium.send(first, 'propose', data);
    const approve = await consortium.send(second, 'approve', 2, keccak256(data));
    const revoke = await consortium.send(second, 'revoke', 2);
    await consortium.send(second, 'approve', 2, keccak256(data));
    const sendBack = await consortium.send(third, 'sendBack', 2);
    for (const who of [first, second]) await consortium.send(who, 'approve', 2, keccak256(data));
    consortium.after(72n * HOUR);
    const calls = {
      addGovernor: await consortium.send(first, 'execute', 2, data),
      ...(await passed(consortium, {
        admitSite: ['Site C', [account(21).address]],
        renameSite: [3, 'Site D'],
        dismissSite: [3, 0],
        readmitSite: [3],
        nameChampion: [3, account(22).address],
        removeAccountOf: [3, account(22).address],
        assignIssuer: [hashOf('issuer'), 3],
        rule: [writerA.address, key('image'), 113_001],
        allowErasures: [1, 1_000, 2_000_000_000],
        removeGovernor: [third.address],
        replaceGovernor: [fresh.address, account(23).address],
      })),
    };
    const startReplacement = await consortium.send(first, 'startReplacement', second.address, account(24).address);
    const objectToReplacement = await consortium.send(second, 'objectToReplacement', second.address);
    await consortium.send(first, 'startReplacement', second.address, account(24).address);
    consortium.after(30n * 24n * HOUR);
    const executeReplacement = await consortium.send(first, 'executeReplacement', second.address);
    const others = { propose, approve, revoke, sendBack, startReplacement, objectToReplacement, executeReplacement };
    const executions = Object.fromEntries(Object.entries(calls).map(([name, sent]) => [`execute, ${name}`, sent]));
    expect(compareGas(gasOf({ ...others, ...executions }), RELEASE_2)).toEqual([]);
  });

  it('of sites, rings and erasures is no more than before', async () => {
    const consortium = await TestConsortium.open();
    const studies = Array.from({ length: 100 }, (_, i) => BigInt(i + 1));
    const card = {
      url: 'https://letters.site-a.example/letters',
      certificatePin: key('certificate'),
      cardKey: noise('X-Wing', 1_216),
      readerVersion: 2,
      servers: [writerA.address],
    };
    const figures = {
      deployConsortium: consortium.deployment,
      nameAccount: await consortium.send(championA, 'nameAccount', fresh.address, WRITER),
      join: await consortium.send(fresh, 'join', 1),
      removeAccount: await consortium.send(championA, 'removeAccount', fresh.address),
      leaveSite: await consortium.send(writerB, 'leaveSite'),
      publishCard: await consortium.send(championA, 'publishCard', card),
      openRing: await consortium.send(writerA, 'openRing', ring, key('root')),
      share: await consortium.send(writerA, 'share', ring, 2, 0, false),
      anchor: await consortium.send(writerA, 'anchor', 1, key('records'), 100),
      'orderErasure, 100 studies': await consortium.send(writerA, 'orderErasure', studies),
      approveErasure: await consortium.send(
        championA,
        'approveErasure',
        1,
        keccak256(solidityPacked(['uint256[]'], [studies])),
      ),
    };
    consortium.after(72n * HOUR);
    const executeErasure = await consortium.send(writerA, 'executeErasure', 1);
    const confirmErasure = await consortium.send(writerA, 'confirmErasure', 1, 2);
    consortium.after(24n * HOUR);
    await consortium.send(writerA, 'orderErasure', [1n]);
    const cancelErasure = await consortium.send(championA, 'cancelErasure', 2);
    const all = { ...figures, executeErasure, confirmErasure, cancelErasure };
    expect(compareGas(gasOf(all), RELEASE_2)).toEqual([]);
  });

  it('is known of every function that writes', async () => {
    const { abi } = await TestConsortium.open();
    const functions = abi.fragments.filter((fragment) => FunctionFragment.isFragment(fragment));
    const wanted = functions.filter(({ constant }) => !constant).map(({ name }) => name);
    const known = Object.keys(knownGas(RELEASE_2)).flatMap((figure) => figure.split(', '));
    expect(wanted.length).toBeGreaterThanOrEqual(30);
    expect(wanted.filter((name) => !known.includes(name))).toEqual([]);
  });
});

/** Passes each call in turn, by four governors or three; the last execution of each. */
async function passed(consortium: TestConsortium, calls: Record<string, unknown[]>): Promise<Record<string, Sent>> {
  const sent: Record<string, Sent> = {};
  for (const [name, values] of Object.entries(calls)) {
    const { id, data, dataHash } = await consortium.propose(first, name, ...values);
    await consortium.send(second, 'approve', id, dataHash);
    const helper = (await consortium.call('isGovernor', fresh.address)) ? fresh : undefined;
    if (helper !== undefined && (await consortium.proposal(id)).executableFrom === 0n)
      await consortium.send(helper, 'approve', id, dataHash);
    consortium.after(72n * HOUR);
    sent[name] = await consortium.send(first, 'execute', id, data);
  }
  return sent;
}

function gasOf(figures: Record<string, Sent>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).map(([name, { gas }]) => [name, gas]));
}
