import { accept } from '../ask/accept.js';
import type { Answer } from '../ask/server.js';
import { dataSetOf, dataSetsOf, firstOf } from '../judge/data-sets.js';
import { must, requireOffered, requireStatus } from '../judge/require-status.js';
import { newUid } from '../made/new-uid.js';
import type { Checked, Group } from '../row.js';

const JSON_TYPE = { Accept: accept.json, 'Content-Type': accept.json };

const send = ({ server }: Checked, method: string, path: string, dataSet: object, isArray = true): Promise<Answer> =>
  server.ask(method, path, { headers: JSON_TYPE, body: Buffer.from(JSON.stringify(isArray ? [dataSet] : dataSet)) });

/** A Unified Procedure Step in the state SCHEDULED (PS3.4 §CC.2.5). */
const workitem = (tag: string): object => ({
  '00080005': { vr: 'CS', Value: ['ISO_IR 192'] },
  '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Suite^Anna' }] },
  '00100020': { vr: 'LO', Value: [`${tag}-A`] },
  '00100030': { vr: 'DA' },
  '00100040': { vr: 'CS', Value: ['F'] },
  '00101002': { vr: 'SQ' },
  '00380010': { vr: 'LO' },
  '00380014': { vr: 'SQ' },
  '00081080': { vr: 'LO' },
  '00081084': { vr: 'SQ' },
  '0040A370': { vr: 'SQ' },
  '00400400': { vr: 'LT' },
  '00404005': { vr: 'DT', Value: ['20300101120000'] },
  '00404018': { vr: 'SQ', Value: [code('SUITE', 'Conformance')] },
  '00404021': { vr: 'SQ' },
  '00404025': { vr: 'SQ' },
  '00404026': { vr: 'SQ' },
  '00404027': { vr: 'SQ' },
  '00404034': { vr: 'SQ' },
  '00404041': { vr: 'CS', Value: ['READY'] },
  '00741000': { vr: 'CS', Value: ['SCHEDULED'] },
  '00741002': { vr: 'SQ' },
  '00741200': { vr: 'CS', Value: ['LOW'] },
  '00741202': { vr: 'LO', Value: [`${tag}-LIST`] },
  '00741204': { vr: 'LO', Value: ['Conformance'] },
  '00741210': { vr: 'SQ' },
  '00741216': { vr: 'SQ' },
});

const code = (value: string, meaning: string): object => ({
  '00080100': { vr: 'SH', Value: [value] },
  '00080102': { vr: 'SH', Value: ['99SUITE'] },
  '00080104': { vr: 'LO', Value: [meaning] },
});

const inState = (state: string, transaction: string): object => ({
  '00081195': { vr: 'UI', Value: [transaction] },
  '00741000': { vr: 'CS', Value: [state] },
});

async function created(checked: Checked): Promise<string> {
  const uid = newUid();
  requireStatus(await send(checked, 'POST', `/workitems?${uid}`, workitem(checked.data.tag)), 201);
  return uid;
}

/** A workitem that a performer has begun with this Transaction UID. */
async function begun(checked: Checked): Promise<{ uid: string; transaction: string }> {
  const [uid, transaction] = [await created(checked), newUid()];
  requireStatus(await send(checked, 'PUT', `/workitems/${uid}/state`, inState('IN PROGRESS', transaction)), 200);
  return { uid, transaction };
}

const stateOf = async ({ server }: Checked, uid: string): Promise<string | undefined> =>
  firstOf(dataSetOf(requireStatus(await server.get(`/workitems/${uid}`, accept.json), 200)), '00741000');

export const worklistRows: Group = {
  title: 'Worklist service (UPS-RS)',
  offered: async ({ server }) =>
    void requireOffered(await server.get('/workitems?limit=1', accept.json), [400, 404, 405, 501]),
  rows: [
    {
      name: 'worklist-create',
      level: 'MUST',
      section: 'PS3.18 §11.4',
      sentence: 'A workitem is created: 201 with its Location.',
      check: async (checked) => {
        const answer = requireStatus(
          await send(checked, 'POST', `/workitems?${newUid()}`, workitem(checked.data.tag)),
          201,
        );
        must(answer.header('Location') + answer.header('Content-Location') !== '', 'The answer has no Location.');
      },
    },
    {
      name: 'worklist-create-again',
      level: 'MUST',
      section: 'PS3.18 §11.4.3.1',
      sentence: 'A second workitem of the same UID is refused: 409.',
      check: async (checked) => {
        const uid = await created(checked);
        requireStatus(await send(checked, 'POST', `/workitems?${uid}`, workitem(checked.data.tag)), 409);
      },
    },
    {
      name: 'worklist-retrieve',
      level: 'MUST',
      section: 'PS3.18 §11.5',
      sentence: 'A workitem is retrieved as it was created, in the state SCHEDULED.',
      check: async (checked) => {
        const state = await stateOf(checked, await created(checked));
        must(state === 'SCHEDULED', `Procedure Step State is ${state}.`);
      },
    },
    {
      name: 'worklist-no-transaction-uid',
      level: 'MUST',
      section: 'PS3.18 §11.5.3, PS3.4 §CC.3.1',
      sentence: 'The Transaction UID is never in what is retrieved.',
      check: async (checked) => {
        const { uid, transaction } = await begun(checked);
        const answer = await checked.server.get(`/workitems/${uid}`, accept.json);
        must(!answer.body.includes(transaction), 'It is in it.');
      },
    },
    {
      name: 'worklist-search',
      level: 'MUST',
      section: 'PS3.18 §11.9',
      sentence: 'A search by Worklist Label finds the workitem, and not with another label.',
      check: async (checked) => {
        await created(checked);
        const answer = requireStatus(
          await checked.server.get(`/workitems?00741202=${checked.data.tag}-LIST`, accept.json),
          200,
        );
        must(dataSetsOf(answer).length > 0, 'It is not found.');
        const none = requireStatus(await checked.server.get('/workitems?00741202=NONE', accept.json), 200, 204);
        must(none.body.length === 0 || dataSetsOf(none).length === 0, 'It is found with another label.');
      },
    },
    {
      name: 'worklist-state',
      level: 'MUST',
      section: 'PS3.18 §11.7',
      sentence: 'The state changes from SCHEDULED to IN PROGRESS.',
      check: async (checked) => {
        const { uid } = await begun(checked);
        must((await stateOf(checked, uid)) === 'IN PROGRESS', 'The state is not IN PROGRESS.');
      },
    },
    {
      name: 'worklist-wrong-transaction',
      level: 'MUST',
      section: 'PS3.18 §11.7.3.1',
      sentence: 'Another Transaction UID than that of the performer is refused: 400 or 409.',
      check: async (checked) => {
        const { uid } = await begun(checked);
        requireStatus(await send(checked, 'PUT', `/workitems/${uid}/state`, inState('COMPLETED', newUid())), 400, 409);
      },
    },
    {
      name: 'worklist-update',
      level: 'MUST',
      section: 'PS3.18 §11.6',
      sentence: 'A scheduled workitem is updated.',
      check: async (checked) => {
        const uid = await created(checked);
        requireStatus(
          await send(checked, 'POST', `/workitems/${uid}`, { '00741204': { vr: 'LO', Value: ['Another label'] } }),
          200,
        );
        const dataSet = dataSetOf(await checked.server.get(`/workitems/${uid}`, accept.json));
        must(
          firstOf(dataSet, '00741204') === 'Another label',
          `Procedure Step Label is "${firstOf(dataSet, '00741204')}".`,
        );
      },
    },
    {
      name: 'worklist-cancel',
      level: 'MUST',
      section: 'PS3.18 §11.8',
      sentence: 'The request to cancel a scheduled workitem is accepted: 202.',
      check: async (checked) => {
        const uid = await created(checked);
        requireStatus(
          await send(checked, 'POST', `/workitems/${uid}/cancelrequest`, {
            '00741238': { vr: 'LT', Value: ['Not needed'] },
          }),
          202,
        );
      },
    },
    {
      name: 'worklist-404',
      level: 'MUST',
      section: 'PS3.18 §11.5.3.1',
      sentence: 'A workitem that there is not is 404.',
      check: async ({ server }) => {
        requireStatus(await server.get(`/workitems/${newUid()}`, accept.json), 404);
      },
    },
    {
      name: 'worklist-subscribe',
      level: 'MUST',
      section: 'PS3.18 §11.10, §11.11',
      sentence: 'One subscribes to a workitem, 201 with the Location of the events, and unsubscribes: 200.',
      check: async (checked) => {
        const uid = await created(checked);
        const path = `/workitems/${uid}/subscribers/SUITE`;
        const answer = requireOffered(
          await checked.server.ask('POST', path, { headers: { Accept: accept.json } }),
          [403, 404, 405, 501],
        );
        must(
          requireStatus(answer, 201).header('Location') + answer.header('Content-Location') !== '',
          'The answer has no Location.',
        );
        requireStatus(await checked.server.ask('DELETE', path), 200, 204);
      },
    },
  ],
};
