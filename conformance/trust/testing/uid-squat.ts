import { describe, expect, it } from '@jest/globals';
import { type DataSet, failureReasons, sha256, stowSingle } from '../../testing/dicomweb-client.js';
import { recordAt } from './admin-answers.js';
import { caseStudy, forge, publish, RIGHT, storeStudy, WRONG } from './case-study.js';
import { planForgery } from './forgery.js';
import type { TrustBed } from './trust-bed.js';

const DUPLICATE = 0x0111;

interface Answer {
  status: number;
  reasons: unknown[];
  /** Of the Warning header. */
  sentence: string;
}

/** In release 1, where the first who announces a UID has it. */
export function describeUidSquat(bed: () => TrustBed, { makesEmptyBlocks }: { makesEmptyBlocks: boolean }): void {
  describe('A SOP Instance UID that another member has taken', () => {
    /** What the first site answers to one file, which it has to though no block follows. */
    async function answerNow(file: Buffer): Promise<Answer> {
      const { sites, rpc } = bed();
      const before = await rpc.blockNumber();
      const answer = await stowSingle(sites[0].url, file);
      const text = await answer.text();
      const reasons = answer.status === 409 ? failureReasons(JSON.parse(text) as DataSet) : [];
      if (!makesEmptyBlocks) expect(await rpc.blockNumber()).toBe(before);
      return { status: answer.status, reasons, sentence: answer.headers.get('Warning') ?? text };
    }

    it.each(['announced', 'sealed'])('by one unreadable byte that is %s is answered 0x0111 at once', async (state) => {
      const { mallory } = bed();
      const { files } = caseStudy(RIGHT, { instances: 1 });
      const { file } = files[0]!;
      const byte = Buffer.from([7]);
      const bodies = { header: byte, preview: byte, instance: byte };
      const forgery = await planForgery(mallory, { ...(await forge(mallory, file)), ...bodies });
      await mallory.send(state === 'sealed' ? forgery.all : [...forgery.chunks, forgery.announce]);
      const { status, reasons, sentence } = await answerNow(file);
      expect([status, reasons]).toEqual([409, [DUPLICATE]]);
      expect(sentence).toMatch(/Site 4 uses this SOP Instance UID for something that is in quarantine/);
      expect(sentence).not.toMatch(/Right|R-1/);
    });

    it('by a readable image of another patient is answered 0x0111 at once, and names the site', async () => {
      const { mallory } = bed();
      const { files } = caseStudy(RIGHT, { instances: 1 });
      const { SOPInstanceUID, file } = files[0]!;
      await publish(mallory, caseStudy({ ...WRONG, SOPInstanceUID }, { instances: 1 }));
      const { status, reasons, sentence } = await answerNow(file);
      expect([status, reasons]).toEqual([409, [DUPLICATE]]);
      expect(sentence).toMatch(/content of site 4/);
      expect(sentence).not.toMatch(/Right|R-1|Wrong|M-1/);
    });

    describe('by a copy of the announcement that its site was about to send', () => {
      it('and the very bytes, is there already', async () => {
        const { mallory, sites } = bed();
        const copied = caseStudy(RIGHT, { instances: 1 });
        await publish(mallory, copied);
        const { SOPInstanceUID, file } = copied.files[0]!;
        expect((await answerNow(file)).status).toBe(200);
        expect(await recordAt(sites[0].url, SOPInstanceUID)).toMatchObject({ siteId: 4, isVerified: true });
      });

      it('and other bytes, is answered 0x0111', async () => {
        const { mallory } = bed();
        const copied = caseStudy(RIGHT, { instances: 1 });
        const { file } = copied.files[0]!;
        const instance = caseStudy(WRONG, { instances: 1 }).files[0]!.file;
        await publish(mallory, copied, { said: () => ({ instance, sha256: `0x${sha256(file)}` }) });
        const { status, reasons, sentence } = await answerNow(file);
        expect([status, reasons]).toEqual([409, [DUPLICATE]]);
        expect(sentence).toMatch(/site 4/i);
      });

      it('and no bytes, is answered after some time, with the block from which the site may have it', async () => {
        const { mallory } = bed();
        const copied = caseStudy(RIGHT, { instances: 1 });
        await publish(mallory, copied, { said: () => ({ isSealed: false }) });
        const { status, sentence } = await answerNow(copied.files[0]!.file);
        expect(status).toBe(503);
        expect(sentence).toMatch(/Site 4.*block \d+/);
      });
    });

    it('leaves all other stores as they are', () => storeStudy(bed().sites[0], caseStudy(RIGHT)));
  });
}
