import { describe, expect, it } from '@jest/globals';
import { type DataSet, failureReasons, items, stowSingle } from '../../testing/dicomweb-client.js';
import { caseStudy, publish, RIGHT, storeStudy, WRONG } from './case-study.js';
import { planForgery, randomKey } from './forgery.js';
import type { TrustBed } from './trust-bed.js';

const DUPLICATE = 0x0111;

/** The answer of STOW-RS to one file: status, Failure Reason, and the sentence beside it. */
async function refusal(url: string, file: Buffer): Promise<{ status: number; reasons: unknown[]; sentence: string }> {
  const answer = await stowSingle(url, file);
  const module = (await answer.json()) as DataSet;
  const [failed] = items(module, '00081198');
  return { status: answer.status, reasons: failureReasons(module), sentence: JSON.stringify(failed) };
}

export function describeUidSquat(bed: () => TrustBed, { makesEmptyBlocks }: { makesEmptyBlocks: boolean }): void {
  describe('A SOP Instance UID that another member has taken', () => {
    /** Stores at the first site, which has to answer though no block follows. */
    async function answerNow(file: Buffer): ReturnType<typeof refusal> {
      const { sites, rpc } = bed();
      const before = await rpc.blockNumber();
      const answer = await refusal(sites[0].url, file);
      if (!makesEmptyBlocks) expect(await rpc.blockNumber()).toBe(before);
      return answer;
    }

    it.each(['announced', 'sealed'])('by one unreadable byte that is %s is answered 0x0111 at once', async (state) => {
      const { mallory } = bed();
      const { files } = caseStudy(RIGHT, { instances: 1 });
      const { SOPInstanceUID, file } = files[0]!;
      const byte = Buffer.from([7]);
      const keys = { imageKey: mallory.pseudonyms.imageKey(SOPInstanceUID), patientKey: randomKey() };
      const forgery = await planForgery(mallory.contract, { ...keys, header: byte, preview: byte, instance: byte });
      await mallory.send(state === 'sealed' ? forgery.all : [...forgery.chunks, forgery.announce]);
      const { status, reasons, sentence } = await answerNow(file);
      expect([status, reasons]).toEqual([409, [DUPLICATE]]);
      expect(sentence).toMatch(/site 4/i);
      expect(sentence).not.toMatch(/Right|R-1/);
    });

    it('by a readable image of another patient is answered 0x0111 at once, and names the site', async () => {
      const { mallory } = bed();
      const { files } = caseStudy(RIGHT, { instances: 1 });
      const { SOPInstanceUID, file } = files[0]!;
      await publish(mallory, caseStudy({ ...WRONG, SOPInstanceUID }, { instances: 1 }));
      const { status, reasons, sentence } = await answerNow(file);
      expect([status, reasons]).toEqual([409, [DUPLICATE]]);
      expect(sentence).toMatch(/site 4/i);
    });

    it('by a copy of the announcement that its site is about to send is answered 0x0111, until its bytes are there', async () => {
      const { mallory } = bed();
      const copied = caseStudy(RIGHT, { instances: 1 });
      await publish(mallory, copied);
      const { status, reasons } = await refusal(bed().sites[0].url, copied.files[0]!.file);
      expect([status, reasons]).toEqual([409, [DUPLICATE]]);
    });

    it('leaves all other stores as they are', () => storeStudy(bed().sites[0], caseStudy(RIGHT)));
  });
}
