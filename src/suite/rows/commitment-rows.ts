import { accept } from '../ask/accept.js';
import type { Answer } from '../ask/server.js';
import { dataSetOf, firstOf, itemsOf, type JsonDataSet } from '../judge/data-sets.js';
import { must, requireOffered, requireStatus } from '../judge/require-status.js';
import { newUid } from '../made/new-uid.js';
import type { Checked, Group } from '../row.js';

interface Reference {
  SOPClassUID: string;
  instance: string;
}

/** Asks the server to commit itself to instances (PS3.18 §13.4). */
function request({ server }: Checked, transaction: string, references: readonly Reference[]): Promise<Answer> {
  const items = references.map(({ SOPClassUID, instance }) => ({
    '00081150': { vr: 'UI', Value: [SOPClassUID] },
    '00081155': { vr: 'UI', Value: [instance] },
  }));
  const body = Buffer.from(JSON.stringify({ '00081199': { vr: 'SQ', Value: items } }));
  return server.ask('POST', `/commitment-requests/${transaction}`, {
    headers: { Accept: accept.json, 'Content-Type': accept.json },
    body,
  });
}

/** The result, from the request or, when that is accepted only, from the check of it (§13.5). */
async function resultOf(checked: Checked, references: readonly Reference[]): Promise<JsonDataSet> {
  const transaction = newUid();
  let answer = requireStatus(await request(checked, transaction, references), 200, 202);
  for (let times = 0; answer.status === 202 && times < 10; times++) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    answer = requireStatus(await checked.server.get(`/commitment-requests/${transaction}`, accept.json), 200, 202);
  }
  return dataSetOf(requireStatus(answer, 200));
}

const uidsIn = (module: JsonDataSet, tag: string): string =>
  itemsOf(module, tag)
    .map((item) => firstOf(item, '00081155'))
    .join();

export const commitmentRows: Group = {
  title: 'Storage Commitment service',
  offered: async (checked) =>
    void requireOffered(await request(checked, newUid(), [checked.data.main.first]), [404, 405, 501]),
  rows: [
    {
      name: 'commitment-stored',
      level: 'MUST',
      section: 'PS3.18 §13.4, Annex J',
      sentence: 'A stored instance is committed: it is in Referenced SOP Sequence of the result.',
      check: async (checked) => {
        const { first } = checked.data.main;
        const uids = uidsIn(await resultOf(checked, [first]), '00081199');
        must(uids === first.instance, `The sequence lists "${uids}".`);
      },
    },
    {
      name: 'commitment-unknown',
      level: 'MUST',
      section: 'PS3.18 §13.4, Annex J',
      sentence: 'An instance that there is not is in Failed SOP Sequence of the result, with a Failure Reason.',
      check: async (checked) => {
        const unknown = { ...checked.data.main.first, instance: newUid() };
        const module = await resultOf(checked, [unknown, checked.data.main.second]);
        must(uidsIn(module, '00081198') === unknown.instance, `The sequence lists "${uidsIn(module, '00081198')}".`);
        must(firstOf(itemsOf(module, '00081198')[0], '00081197'), 'There is no Failure Reason (0008,1197).');
        must(
          uidsIn(module, '00081199') === checked.data.main.second.instance,
          'The stored instance beside it is not committed.',
        );
      },
    },
    {
      name: 'commitment-result',
      level: 'MUST',
      section: 'PS3.18 §13.5',
      sentence: 'The result of a request is retrieved by its Transaction UID: 200, or 202 while it is not there yet.',
      check: async (checked) => {
        const transaction = newUid();
        requireStatus(await request(checked, transaction, [checked.data.main.first]), 200, 202);
        requireStatus(await checked.server.get(`/commitment-requests/${transaction}`, accept.json), 200, 202);
      },
    },
    {
      name: 'commitment-transaction-again',
      level: 'MUST',
      section: 'PS3.18 Table 13.4.3-1',
      sentence: 'A Transaction UID that is in use is refused: 409.',
      check: async (checked) => {
        const transaction = newUid();
        requireStatus(await request(checked, transaction, [checked.data.main.first]), 200, 202);
        requireStatus(await request(checked, transaction, [checked.data.main.second]), 409);
      },
    },
    {
      name: 'commitment-404',
      level: 'MUST',
      section: 'PS3.18 §13.5.3',
      sentence: 'The result of a request that there was not is 404.',
      check: async ({ server }) => {
        requireStatus(await server.get(`/commitment-requests/${newUid()}`, accept.json), 404);
      },
    },
    {
      name: 'commitment-400',
      level: 'MUST',
      section: 'PS3.18 Table 13.4.3-1',
      sentence: 'A request that is no JSON is refused: 400.',
      check: async ({ server }) => {
        const headers = { Accept: accept.json, 'Content-Type': accept.json };
        requireStatus(
          await server.ask('POST', `/commitment-requests/${newUid()}`, { headers, body: Buffer.from('{ no JSON') }),
          400,
        );
      },
    },
  ],
};
