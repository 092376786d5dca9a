import { dataSetOf, firstOf, itemsOf } from '../judge/data-sets.js';
import { must, requireStatus } from '../judge/require-status.js';
import { accept } from '../ask/accept.js';
import { filesOf, store } from '../ask/store.js';
import type { Group } from '../row.js';

/** What is stored first, and what every later row asks for. */
export const storeRows: Group = {
  title: 'Store: what is well formed',
  rows: [
    {
      name: 'store-200',
      level: 'MUST',
      section: 'PS3.18 §10.5.3.1',
      sentence: 'A store of six well-formed instances of one study (CT, multi-frame, colour, SR, PDF) answers 200.',
      check: async ({ server, data }) => {
        requireStatus(await store(server, filesOf(data.main.all)), 200);
      },
    },
    {
      name: 'store-module',
      level: 'MUST',
      section: 'PS3.18 §10.5.3.3, Table I.1-1',
      sentence:
        'The answer lists the stored instance in Referenced SOP Sequence (0008,1199) with its SOP class and instance UIDs.',
      check: async ({ server, another }) => {
        const first = another();
        const answer = requireStatus(await store(server, [first.file]), 200);
        const [item] = itemsOf(dataSetOf(answer), '00081199');
        must(
          firstOf(item, '00081155') === first.instance,
          'Referenced SOP Instance UID (0008,1155) is not that of the instance.',
        );
        must(
          firstOf(item, '00081150') === first.SOPClassUID,
          'Referenced SOP Class UID (0008,1150) is not that of the instance.',
        );
      },
    },
    {
      name: 'store-retrieve-url',
      level: 'MUST',
      section: 'PS3.18 Table I.1-1, type 2',
      sentence: 'Each stored instance is listed with a Retrieve URL (0008,1190), which may be empty.',
      check: async ({ server, another }) => {
        const first = another();
        const [item] = itemsOf(dataSetOf(await store(server, [first.file])), '00081199');
        must(item?.['00081190'], 'The item has no Retrieve URL (0008,1190).');
      },
    },
    {
      name: 'store-retrieve-url-leads',
      level: 'SHOULD',
      section: 'PS3.18 Table I.1-1',
      sentence: 'The Retrieve URL of a stored instance leads to the instance.',
      check: async ({ server, another }) => {
        const first = another();
        const [item] = itemsOf(dataSetOf(await store(server, [first.file])), '00081199');
        const url = firstOf(item, '00081190') ?? '';
        must(url !== '', 'The Retrieve URL is empty.');
        requireStatus(await server.get(url, accept.stored), 200);
      },
    },
    {
      name: 'store-location',
      level: 'SHOULD',
      section: 'PS3.18 Table 10.5.3-2',
      sentence: 'The answer to a store of a new study has its URL in Location or Content-Location.',
      check: async ({ server, another }) => {
        const answer = await store(server, [another().file]);
        must(
          answer.header('Location') + answer.header('Content-Location') !== '',
          'The answer has neither Location nor Content-Location.',
        );
      },
    },
    {
      name: 'store-xml',
      level: 'MUST',
      section: 'PS3.18 §10.5.3.3',
      sentence: 'The answer comes in XML when Accept asks for application/dicom+xml.',
      check: async ({ server, another }) => {
        const first = another();
        const answer = await store(server, [first.file], { accepted: 'application/dicom+xml' });
        requireStatus(answer, 200);
        must(answer.header('Content-Type').includes('xml'), `The Content-Type is "${answer.header('Content-Type')}".`);
        const text = answer.body.toString('utf8');
        must(/<NativeDicomModel[\s>]/.test(text), 'The body has no NativeDicomModel.');
        must(text.includes(first.instance), 'The body does not name the stored instance.');
      },
    },
    {
      name: 'store-study',
      level: 'MUST',
      section: 'PS3.18 §10.5.1.1',
      sentence: 'POST to /studies/{study} stores an instance of that study.',
      check: async ({ server, another }) => {
        const first = another();
        requireStatus(await store(server, [first.file], { path: `/studies/${first.study}` }), 200);
        requireStatus(await server.get(`/studies/${first.study}/metadata`, accept.json), 200);
      },
    },
    {
      name: 'store-two-studies',
      level: 'MUST',
      section: 'PS3.18 §10.5.1.1',
      sentence: 'One request to /studies may hold instances of several studies.',
      check: async ({ server, another }) => {
        const [one, other] = [another(), another()];
        requireStatus(await store(server, [one.file, other.file]), 200);
        for (const { study } of [one, other])
          requireStatus(await server.get(`/studies/${study}/metadata`, accept.json), 200);
      },
    },
    {
      name: 'store-again',
      level: 'MAY',
      section: 'PS3.18 §10.5.3.1',
      sentence: 'A second store of the very same file is success.',
      check: async ({ server, data }) => {
        requireStatus(await store(server, [data.main.first.file]), 200);
      },
    },
    {
      name: 'store-character-sets',
      level: 'MUST',
      section: 'PS3.5 §6.1.2.3, PS3.18 §10.5',
      sentence: 'Instances with names in ISO_IR 100, ISO_IR 192 and ISO 2022 IR 87 are stored.',
      check: async ({ server, data }) => {
        const answer = await store(
          server,
          data.named.map(({ instance }) => instance.file),
        );
        requireStatus(answer, 200, 202);
        must(itemsOf(dataSetOf(answer), '00081198').length === 0, 'At least one of the three was refused.');
      },
    },
  ],
};
