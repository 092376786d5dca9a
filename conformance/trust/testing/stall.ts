import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { until } from '../../../src/base/testing/until.js';
import { RELEASE } from '../../testing/network-under-test.js';
import { alarmsAt, networkAt, quarantineAt, readinessAt } from './admin-answers.js';
import { caseStudy, expectedStudy, forge, RIGHT, storeStudy, untilSeen } from './case-study.js';
import { planForgery } from './forgery.js';
import { startHoldingNode } from './holding-node.js';
import type { TrustBed } from './trust-bed.js';

export function describeStall(bed: () => TrustBed): void {
  describe(`An announcement whose header is ${RELEASE === 1 ? 'code that is no chunk' : 'no encrypted body'}`, () => {
    it('is left out, while stores and catalogues go on and no node is blamed', async () => {
      const { sites, mallory, rpc, contract } = bed();
      const [code] = await rpc.codes([contract]);
      const headerAt = { address: contract, byteCount: code!.length - 1 };
      const honestly = await forge(mallory, caseStudy(RIGHT, { instances: 1 }).files[0]!.file);
      const { imageId } = honestly;
      const atContract = await planForgery(mallory, { ...honestly, header: Buffer.from([1]), headerAt });
      // Behind the right key commitment: without that, a later letter might bring the key.
      const header = Buffer.concat([honestly.header.subarray(0, 32), randomBytes(1)]);
      const garbled = await planForgery(mallory, { ...honestly, header });
      const seenReady: boolean[] = [];
      let isOver = false;
      const watching = (async () => {
        while (!isOver) for (const { url } of sites) seenReady.push((await readinessAt(url)).ready);
      })();
      await mallory.send(atContract.all);
      if (RELEASE === 2) {
        // Chunks are proven as they are announced.
        expect(await mallory.stateOf(imageId)).toBe('none');
        await mallory.send(garbled.all);
      }

      const honest = caseStudy({ ...RIGHT, PatientID: 'S-1' });
      await storeStudy(sites[0], honest);
      const right = await expectedStudy(mallory, honest, { ...RIGHT, PatientID: 'S-1' });
      await untilSeen(sites, honest.study, right);
      for (const { url } of sites) {
        const found = await until('the announcement to be in quarantine', async () =>
          (await quarantineAt(url)).find((one) => one.imageId === imageId),
        );
        expect([found.siteId, found.reason]).toEqual([4, 'unreadable']);
        const { nodes } = await networkAt(url);
        expect(nodes.map(({ wrongAnswers }) => wrongAnswers)).toEqual(nodes.map(() => 0));
        expect(await alarmsAt(url)).not.toContain('wrong-bytes');
      }
      isOver = true;
      await watching;
      expect(new Set(seenReady)).toEqual(new Set([true]));
    });
  });

  describe('A catalogue that stands still', () => {
    it('is a reason in /readyz, until it goes on', async () => {
      const [first, , third] = bed().sites;
      const node = await startHoldingNode(third.settings['LEDGER_URL']!);
      try {
        await third.server.stop();
        await third.start({ LEDGER_URL: node.url });
        const asked = node.hold('eth_getLogs');
        const honest = caseStudy({ ...RIGHT, PatientID: 'S-2' });
        await storeStudy(first, honest);
        await asked;
        await until('a reason in /readyz', async () => {
          const { ready, reasons } = await readinessAt(third.url);
          return !ready && /catalogue has stood still/.test(reasons.join(' '));
        });
        await node.hold(undefined);
        await until('/readyz to be ready', async () => (await readinessAt(third.url)).ready, { timeoutMs: 120_000 });
        const right = await expectedStudy(bed().mallory, honest, { ...RIGHT, PatientID: 'S-2' });
        await untilSeen([third], honest.study, right);
      } finally {
        await third.server.stop();
        await third.start();
        await node.close();
      }
    });
  });
}
