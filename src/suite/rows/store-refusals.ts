import { accept } from '../ask/accept.js';
import { multipart } from '../ask/multipart.js';
import { store } from '../ask/store.js';
import { dataSetOf, firstOf, itemsOf } from '../judge/data-sets.js';
import { must, requireStatus } from '../judge/require-status.js';
import { newUid } from '../made/new-uid.js';
import type { Group } from '../row.js';

const GARBAGE = Buffer.from('This is no DICOM file. '.repeat(40));

/** What a store refuses, and how it says so. */
export const storeRefusals: Group = {
  title: 'Store: what is refused',
  rows: [
    {
      name: 'store-other-study',
      level: 'MUST',
      section: 'PS3.18 §10.5.3.1',
      sentence: 'An instance of another study than that of the URL is not stored: 409.',
      check: async ({ server, another }) => {
        const first = another();
        requireStatus(await store(server, [first.file], { path: `/studies/${newUid()}` }), 409);
        requireStatus(await server.get(`/studies/${first.study}/metadata`, accept.json), 404);
      },
    },
    {
      name: 'store-partly',
      level: 'MUST',
      section: 'PS3.18 §10.5.3.1',
      sentence: 'When one instance is stored and another is not, the answer is 202.',
      check: async ({ server, another }) => {
        const [first, other] = [another(), another()];
        const answer = await store(server, [first.file, other.file], { path: `/studies/${first.study}` });
        requireStatus(answer, 202);
      },
    },
    {
      name: 'store-failed-sequence',
      level: 'MUST',
      section: 'PS3.18 Table I.1-1',
      sentence:
        'The refused instance is listed in Failed SOP Sequence (0008,1198), the stored one in Referenced SOP Sequence.',
      check: async ({ server, another }) => {
        const [first, other] = [another(), another()];
        const module = dataSetOf(await store(server, [first.file, other.file], { path: `/studies/${first.study}` }));
        const uids = (tag: string): string =>
          itemsOf(module, tag)
            .map((item) => firstOf(item, '00081155'))
            .join();
        must(uids('00081198') === other.instance, `Failed SOP Sequence lists "${uids('00081198')}".`);
        must(uids('00081199') === first.instance, `Referenced SOP Sequence lists "${uids('00081199')}".`);
      },
    },
    {
      name: 'store-failure-reason',
      level: 'MUST',
      section: 'PS3.18 Table I.1-1, §I.2.2',
      sentence: 'Each refused instance has a Failure Reason (0008,1197).',
      check: async ({ server, another }) => {
        const answer = await store(server, [another().file], { path: `/studies/${newUid()}` });
        const [item] = itemsOf(dataSetOf(answer), '00081198');
        const reason = Number(firstOf(item, '00081197'));
        must(
          Number.isInteger(reason) && reason > 0 && reason <= 0xffff,
          'The item has no Failure Reason (0008,1197), or there is no item.',
        );
        return `0x${reason.toString(16).padStart(4, '0')}`;
      },
    },
    {
      name: 'store-garbage',
      level: 'MUST',
      section: 'PS3.18 §10.5.3.1',
      sentence: 'A part that is no DICOM file is refused: 400 or 409.',
      check: async ({ server }) => {
        requireStatus(await store(server, [GARBAGE]), 400, 409);
      },
    },
    {
      name: 'store-beside-garbage',
      level: 'MUST',
      section: 'PS3.18 §10.5.3.1',
      sentence: 'A good instance beside a part that is no DICOM file is stored: 202.',
      check: async ({ server, another }) => {
        const first = another();
        requireStatus(await store(server, [first.file, GARBAGE]), 202);
        requireStatus(await server.get(`/studies/${first.study}/metadata`, accept.json), 200);
      },
    },
    {
      name: 'store-other-failures',
      level: 'MUST',
      section: 'PS3.18 Table I.1-1, type 1C',
      sentence: 'A part that is no DICOM file is listed in Other Failures Sequence (0008,119A).',
      check: async ({ server, another }) => {
        const module = dataSetOf(await store(server, [another().file, GARBAGE]));
        must(itemsOf(module, '0008119A').length === 1, 'There is no Other Failures Sequence with one item.');
      },
    },
    {
      name: 'store-cut-off',
      level: 'MUST',
      section: 'PS3.18 §10.5.3.1',
      sentence: 'A file that breaks off within its pixels is not answered with 200.',
      check: async ({ server, another }) => {
        const { file } = another();
        requireStatus(await store(server, [file.subarray(0, file.length - 500)]), 202, 400, 409);
      },
    },
    {
      name: 'store-415',
      level: 'MUST',
      section: 'PS3.18 §10.5.3.1',
      sentence: 'A request of a media type that is not supported is refused: 415.',
      check: async ({ server }) => {
        const headers = { Accept: accept.json, 'Content-Type': 'text/x-no-such-type' };
        requireStatus(await server.ask('POST', '/studies', { headers, body: GARBAGE }), 415);
      },
    },
    {
      name: 'store-no-boundary',
      level: 'MUST',
      section: 'PS3.18 §8.6.1.2.1, RFC 2046 §5.1.1',
      sentence: 'A multipart request without a boundary is refused: 400 or 415.',
      check: async ({ server }) => {
        const { body } = multipart('application/dicom', [{ headers: {}, body: GARBAGE }]);
        const headers = { Accept: accept.json, 'Content-Type': 'multipart/related; type="application/dicom"' };
        requireStatus(await server.ask('POST', '/studies', { headers, body }), 400, 415);
      },
    },
    {
      name: 'store-no-part',
      level: 'SHOULD',
      section: 'PS3.18 §10.5.2',
      sentence: 'A multipart request without any part is refused: 400.',
      check: async ({ server }) => {
        const { body, contentType } = multipart('application/dicom', []);
        const headers = { Accept: accept.json, 'Content-Type': contentType };
        requireStatus(await server.ask('POST', '/studies', { headers, body }), 400);
      },
    },
    {
      name: 'store-406',
      level: 'MUST',
      section: 'PS3.18 §8.7.8.1',
      sentence: 'An answer that is wanted in a media type that there is not is refused: 406.',
      check: async ({ server, another }) => {
        requireStatus(await store(server, [another().file], { accepted: 'image/x-no-such-type' }), 406);
      },
    },
    {
      name: 'store-study-no-uid',
      level: 'MUST',
      section: 'PS3.18 §10.5.3.1',
      sentence: 'POST to /studies/{study} with what is no UID is refused: 400 or 409.',
      check: async ({ server, another }) => {
        requireStatus(await store(server, [another().file], { path: '/studies/no-uid' }), 400, 404, 409);
      },
    },
  ],
};
