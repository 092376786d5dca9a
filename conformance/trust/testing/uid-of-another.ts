import { describe, expect, it } from '@jest/globals';
import { until } from '../../../src/base/testing/until.js';
import { createDecodeEvent } from '../../../src/ledger/contract/events.js';
import { imageIdOf } from '../../../src/ledger/contract/images.js';
import { release2Interfaces } from '../../../src/ledger/contract/release2-interfaces.js';
import { fromHex, type Hex } from '../../../src/ledger/ethereum/hex.js';
import type { ImageNames } from '../../../src/ledger/ledger.js';
import type { RawLog } from '../../../src/ledger/rpc/rpc.js';
import { failureReasons, stowSingle } from '../../testing/dicomweb-client.js';
import { conflictsAt, recordAt, untilNothingWaits } from './admin-answers.js';
import { caseStudy, expectedStudy, forge, publish, RIGHT, storeStudy, untilSeen, WRONG } from './case-study.js';
import { planForgery } from './forgery.js';
import { search } from './seen-study.js';
import type { TrustBed } from './trust-bed.js';

/** In release 2, where each site has its own images whatever their UIDs. */
export function describeUidOfAnother(bed: () => TrustBed): void {
  describe('A SOP Instance UID that another member has announced before', () => {
    /** The first site takes it at once, and shows it as its own. */
    async function isStoredAsOwn({ file, SOPInstanceUID }: { file: Buffer; SOPInstanceUID: string }): Promise<void> {
      const { sites } = bed();
      const answer = await stowSingle(sites[0].url, file);
      const text = await answer.text();
      expect([answer.status, answer.status === 409 ? failureReasons(JSON.parse(text) as never) : []]).toEqual([
        200,
        [],
      ]);
      expect(await recordAt(sites[0].url, SOPInstanceUID)).toMatchObject({ siteId: 1, state: 'sealed' });
    }

    it.each(['announced', 'sealed'])('as one byte that is %s is stored', async (state) => {
      const { mallory } = bed();
      const image = caseStudy(RIGHT, { instances: 1 }).files[0]!;
      const byte = Buffer.from([7]);
      const bodies = { header: byte, preview: byte, instance: byte };
      const plan = await planForgery(mallory, { ...(await forge(mallory, image.file)), ...bodies });
      await mallory.send(state === 'sealed' ? plan.all : [...plan.chunks, plan.announce]);
      await isStoredAsOwn(image);
    });

    it('as an image of another patient is stored, and listed as a conflict', async () => {
      const { mallory, sites } = bed();
      const { study, files } = caseStudy({ ...RIGHT, PatientID: 'U-1' }, { instances: 1 });
      const image = files[0]!;
      await publish(mallory, caseStudy({ ...WRONG, SOPInstanceUID: image.SOPInstanceUID }, { instances: 1 }));
      await isStoredAsOwn(image);
      await untilSeen(sites, study, await expectedStudy(mallory, { study, files }, { ...RIGHT, PatientID: 'U-1' }));
      for (const { url } of sites)
        await until('the conflict to be listed', async () =>
          (await conflictsAt(url)).some(({ level, uid }) => level === 'instance' && uid === image.SOPInstanceUID),
        );
    });

    it('as the very same image is stored', async () => {
      const { mallory } = bed();
      const copied = caseStudy(RIGHT, { instances: 1 });
      await publish(mallory, copied);
      await isStoredAsOwn(copied.files[0]!);
    });

    it('leaves all other stores as they are', () => storeStudy(bed().sites[0], caseStudy(RIGHT)));
  });

  describe('An announcement that another member sends again as her own', () => {
    it('is refused, and says nothing to anybody once she has a ring of the same number', async () => {
      const { mallory, sites } = bed();
      const honest = caseStudy({ ...RIGHT, PatientID: 'U-2' }, { instances: 1 });
      await storeStudy(sites[0], honest);
      const right = await expectedStudy(mallory, honest, { ...RIGHT, PatientID: 'U-2' });
      await untilSeen(sites, honest.study, right);
      const record = await recordAt(sites[0].url, honest.files[0]!.SOPInstanceUID);
      const { data, names } = await announcementOf(bed(), record);
      const hers = imageIdOf(4, names.imageKey);
      await mallory.sendData(data);
      expect(await mallory.stateOf(hers)).toBe('none');
      await bed().openRing(fromHex(names.ringId));
      await mallory.sendData(data);
      expect(await mallory.stateOf(hers)).not.toBe('none');
      for (const { url } of sites) {
        await untilNothingWaits(url);
        expect(await search(url, `/sites/4/dicom-web/studies?StudyInstanceUID=${honest.study}`)).toEqual([]);
        expect((await conflictsAt(url)).filter(({ uid }) => uid === honest.files[0]!.SOPInstanceUID)).toEqual([]);
      }
      await untilSeen(sites, honest.study, right);
    });
  });
}

interface Announced {
  /** Calldata of the call. */
  data: Buffer;
  names: ImageNames & { release: 2 };
}

/** The call with which an image was announced, out of its transaction, as everybody sees it. */
async function announcementOf(
  { rpc, contract }: TrustBed,
  { imageId, announced }: { imageId: Hex; announced: { block: string } },
): Promise<Announced> {
  const block = BigInt(announced.block);
  const topics = [[release2Interfaces.images.getEvent('Announced')!.topicHash as Hex], [imageId]];
  const [log] = (await rpc.logs({ address: [contract], topics, from: block, to: block })) as [RawLog];
  const { data } = (await rpc.minedTransaction(log.transactionHash))!;
  const { names } = createDecodeEvent()(log) as unknown as Pick<Announced, 'names'>;
  const { images } = release2Interfaces;
  const [calls] = images.decodeFunctionData('multicall', data) as unknown as [Hex[]];
  const announce = calls.find((call) => call.startsWith(images.getFunction('announce')!.selector))!;
  return { data: fromHex(announce), names };
}
