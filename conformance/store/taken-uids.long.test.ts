import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DataSet, failureReasons, sha256, stowSingle } from '../testing/dicomweb-client.js';
import { quarantineAt, recordAt } from '../trust/testing/admin-answers.js';
import { startEmbedded } from '../trust/testing/attacked-chains.js';
import { caseStudy, publish, RIGHT } from '../trust/testing/case-study.js';
import { planForgery } from '../trust/testing/forgery.js';
import { honestParts } from '../trust/testing/honest-parts.js';
import { openTrustBed, type TrustBed } from '../trust/testing/trust-bed.js';

interface Answer {
  status: number;
  reasons: unknown[];
  warning: string;
  alreadyThere: string | null;
}

/** What a site answers whose object another site has on a chain that makes no block unless somebody sends something. */
describe('STOW-RS of an object that another site has announced', () => {
  let bed: TrustBed;
  beforeAll(async () => {
    bed = await openTrustBed(startEmbedded);
  }, 180_000);
  afterAll(() => bed.close());

  const newFile = () => {
    const study = caseStudy(RIGHT, { instances: 1 });
    return { study, ...study.files[0]! };
  };

  /** Stores at the first site while no block comes. */
  async function storeNow(file: Buffer): Promise<Answer> {
    const before = await bed.rpc.blockNumber();
    const answer = await stowSingle(bed.sites[0].url, file);
    expect(await bed.rpc.blockNumber()).toBe(before);
    return {
      status: answer.status,
      reasons: failureReasons((await answer.json()) as DataSet),
      warning: answer.headers.get('warning') ?? '',
      alreadyThere: answer.headers.get('x-already-stored'),
    };
  }

  it('counts it as stored when the other site has stored the same', async () => {
    const { study, file, SOPInstanceUID } = newFile();
    await publish(bed.mallory, study);
    expect(await storeNow(file)).toEqual({ status: 200, reasons: [], warning: '', alreadyThere: '1' });
    expect(await recordAt(bed.sites[0].url, SOPInstanceUID)).toMatchObject({ siteId: 4, isVerified: true });
  });

  it('refuses it when the other site claims its digest and has stored other bytes', async () => {
    const { study, file } = newFile();
    const other = newFile();
    const [forgery] = await publish(bed.mallory, study, () => ({
      instance: other.file,
      sha256: `0x${sha256(file)}`,
    }));
    const { status, reasons, warning } = await storeNow(file);
    expect([status, reasons]).toEqual([409, [0x0111]]);
    expect(warning).toMatch(/Site 4 .*quarantine here \(bytes\)/);
    expect(await quarantineAt(bed.sites[0].url)).toContainEqual(
      expect.objectContaining({ imageKey: forgery!.imageKey, reason: 'bytes', siteId: 4 }),
    );
  });

  it('says after some seconds when this site may take over what the other one only announces', async () => {
    const { file } = newFile();
    const { chunks, announce } = await planForgery(bed.contract, await honestParts(bed.mallory.pseudonyms, file));
    await bed.mallory.send([...chunks, announce]);
    const block = await bed.rpc.blockNumber();
    const answer = await stowSingle(bed.sites[0].url, file);
    expect([answer.status, await bed.rpc.blockNumber()]).toEqual([503, block]);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    const sentence = `Site 4 is storing the same object: send it again later; this site can take it over from block ${block + 3_600n} on.`;
    expect(await answer.text()).toContain(sentence);
  });
});
