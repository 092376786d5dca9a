import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { nativeModelXml } from '../../src/http/message/native-model-xml.js';
import type { DataSet } from '../testing/dicomweb-client.js';
import { newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { discontinued, newWorkitem, performed, stateOf } from './testing/new-workitem.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const JSON_TYPE = { 'Content-Type': 'application/dicom+json' };
const XML_TYPE = { 'Content-Type': 'application/dicom+xml' };
const ask = (path: string, method = 'GET', dataSet?: DataSet, headers: Record<string, string> = JSON_TYPE) =>
  fetch(`${server.url}/dicom-web/workitems${path}`, {
    method,
    ...(dataSet !== undefined && {
      body: headers === XML_TYPE ? nativeModelXml(dataSet, () => undefined) : JSON.stringify(dataSet),
      headers,
    }),
  });
const warningOf = ({ status, headers }: Response) => [status, /"(.*)"/.exec(headers.get('warning') ?? '')?.[1]];
const valueOf = (dataSet: DataSet, tag: string): unknown => dataSet[tag]?.Value?.[0];
const dataSetOf = async (uid: string): Promise<DataSet> => (await (await ask(`/${uid}`)).json()) as DataSet;

async function created(over: DataSet = {}): Promise<string> {
  const uid = newUid();
  expect((await ask(`?workitem=${uid}`, 'POST', newWorkitem(over))).status).toBe(201);
  return uid;
}
async function claimed(over: DataSet = {}): Promise<{ uid: string; transaction: string }> {
  const [uid, transaction] = [await created(over), newUid()];
  expect((await ask(`/${uid}/state`, 'PUT', stateOf('IN PROGRESS', transaction))).status).toBe(200);
  return { uid, transaction };
}

describe('Create', () => {
  it('is 201 with the Location, under the UID of the query, of the data set, or a new one', async () => {
    const [first, second, third] = [newUid(), newUid(), newUid()];
    for (const [query, over, uid] of [
      [`?workitem=${first}`, {}, first],
      [`?${second}`, {}, second],
      ['', { '00080018': { vr: 'UI', Value: [third] } }, third],
    ] as [string, DataSet, string][]) {
      const answer = await ask(query, 'POST', newWorkitem(over));
      expect([answer.status, answer.headers.get('location')]).toEqual([
        201,
        `${server.url}/dicom-web/workitems/${uid}`,
      ]);
      expect(valueOf(await dataSetOf(uid), '00080018')).toBe(uid);
    }
    const own = await ask('', 'POST', newWorkitem());
    expect(own.headers.get('location')).toMatch(/\/workitems\/2\.25\.\d+$/);
  });

  it('says when it was created with modifications', async () => {
    const answer = await ask('', 'POST', newWorkitem({ '00741202': { vr: 'LO' } }));
    expect(warningOf(answer)).toEqual([201, 'The UPS was created with modifications.']);
    expect(warningOf(await ask('', 'POST', newWorkitem()))).toEqual([201, undefined]);
  });

  it('is 409 for a UID that is in use', async () => {
    const uid = await created();
    expect((await ask(`?workitem=${uid}`, 'POST', newWorkitem())).status).toBe(409);
  });

  it.each([
    [400, 'has no label', { '00741204': { vr: 'LO' } }],
    [400, 'is in another state', { '00741000': { vr: 'CS', Value: ['IN PROGRESS'] } }],
    [400, 'has a transaction UID', { '00081195': { vr: 'UI', Value: ['1.2'] } }],
    [400, 'has been performed', performed],
    [400, 'has a priority that there is not', { '00741200': { vr: 'CS', Value: ['NOW'] } }],
    [400, 'is of another class', { '00080016': { vr: 'UI', Value: ['1.2.3'] } }],
  ] as [number, string, DataSet][])('is %i for one that %s', async (status, _what, over) => {
    expect((await ask('', 'POST', newWorkitem(over))).status).toBe(status);
  });

  it('takes what is asked in XML as well', async () => {
    const uid = newUid();
    const workitem = newWorkitem({
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Müller^Jörg', Ideographic: '山田' }] },
      '00189073': { vr: 'FD', Value: [1.5] },
      '00280010': { vr: 'US', Value: [512] },
    });
    const sent = await ask(`?workitem=${uid}`, 'POST', workitem, XML_TYPE);
    expect(sent.status).toBe(201);
    const { '00741000': state, ...rest } = workitem;
    expect(await dataSetOf(uid)).toMatchObject({ ...rest, '00741000': state });
    const transaction = newUid();
    expect((await ask(`/${uid}/state`, 'PUT', stateOf('IN PROGRESS', transaction), XML_TYPE)).status).toBe(200);
    expect((await ask(`/${uid}?${transaction}`, 'POST', performed, XML_TYPE)).status).toBe(200);
    expect((await dataSetOf(uid))['00741216']).toEqual(performed['00741216']);
  });

  it.each(['<NativeDicomModel>', '<other/>', '<!DOCTYPE a><NativeDicomModel/>', '{}', ''])(
    'is 400 for XML that is none: %s',
    async (body) => {
      const url = `${server.url}/dicom-web/workitems`;
      expect((await fetch(url, { method: 'POST', headers: XML_TYPE, body })).status).toBe(400);
    },
  );

  it('names all that is missing, and takes JSON and XML alone', async () => {
    const whole = Object.entries(newWorkitem());
    const rest = Object.fromEntries(whole.filter(([tag]) => tag !== '00404025' && tag !== '00741210'));
    const answer = await ask('', 'POST', rest);
    expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([
      400,
      expect.stringContaining('00404025, 00741210'),
    ]);
    const other = await ask('', 'POST', newWorkitem(), { 'Content-Type': 'text/plain' });
    expect([other.status, other.headers.get('accept')]).toEqual([
      415,
      'application/dicom+json, application/json, application/dicom+xml',
    ]);
  });
});

describe('Retrieve', () => {
  it('gives all of it but the transaction UID, in JSON and XML', async () => {
    const { uid, transaction } = await claimed();
    const dataSet = await dataSetOf(uid);
    expect(dataSet).toMatchObject({
      '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.34.6.1'] },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Muster^Erika' }] },
      '00741000': { vr: 'CS', Value: ['IN PROGRESS'] },
    });
    expect(valueOf(dataSet, '00404010')).toMatch(/^\d{14}\+0000$/);
    expect(JSON.stringify(dataSet)).not.toContain(transaction);
    const xml = await fetch(`${server.url}/dicom-web/workitems/${uid}`, {
      headers: { Accept: 'application/dicom+xml' },
    });
    expect(await xml.text()).toContain('keyword="ProcedureStepState"');
  });

  it('is 404 for one that is not there, and 400 for what is no UID', async () => {
    expect((await ask(`/${newUid()}`)).status).toBe(404);
    expect((await ask('/x')).status).toBe(400);
  });
});

describe('Update', () => {
  it('changes what nobody has claimed, and then by the transaction UID alone', async () => {
    const uid = await created();
    const label = (name: string): DataSet => ({ '00741204': { vr: 'LO', Value: [name] } });
    expect((await ask(`/${uid}`, 'POST', label('one'))).status).toBe(200);
    const transaction = newUid();
    const early = await ask(`/${uid}?transaction-uid=${transaction}`, 'POST', label('two'));
    expect(warningOf(early)).toEqual([409, 'The target URI did not reference a claimed Workitem.']);
    await ask(`/${uid}/state`, 'PUT', stateOf('IN PROGRESS', transaction));
    expect(warningOf(await ask(`/${uid}`, 'POST', label('three')))).toEqual([409, 'The Transaction UID is missing.']);
    expect(warningOf(await ask(`/${uid}?${newUid()}`, 'POST', label('four')))).toEqual([
      409,
      'The Transaction UID is incorrect.',
    ]);
    expect(valueOf(await dataSetOf(uid), '00741204')).toBe('one');
    expect((await ask(`/${uid}?${transaction}`, 'POST', label('five'))).status).toBe(200);
    expect(valueOf(await dataSetOf(uid), '00741204')).toBe('five');
  });

  it.each([
    ['whose it is', { '00100020': { vr: 'LO', Value: ['P-2'] } }],
    ['its state', { '00741000': { vr: 'CS', Value: ['COMPLETED'] } }],
    ['its start to nothing', { '00404005': { vr: 'DT' } }],
  ] as [string, DataSet][])('is 400 when it changes %s', async (_what, changes) => {
    expect((await ask(`/${await created()}`, 'POST', changes)).status).toBe(400);
  });
});

describe('Change of state', () => {
  it('completes a workitem once it says what was performed, and says when that was so already', async () => {
    const { uid, transaction } = await claimed();
    const complete = () => ask(`/${uid}/state`, 'PUT', stateOf('COMPLETED', transaction));
    expect(warningOf(await complete())).toEqual([
      409,
      'The submitted request is inconsistent with the state of the UPS Instance.',
    ]);
    await ask(`/${uid}?${transaction}`, 'POST', performed);
    expect(warningOf(await complete())).toEqual([200, undefined]);
    expect(valueOf(await dataSetOf(uid), '00741000')).toBe('COMPLETED');
    expect(warningOf(await complete())).toEqual([200, 'The UPS is already in the requested state of COMPLETED.']);
    for (const state of ['IN PROGRESS', 'CANCELED'])
      expect((await ask(`/${uid}/state`, 'PUT', stateOf(state, transaction))).status).toBe(409);
    expect((await ask(`/${uid}?${transaction}`, 'POST', performed)).status).toBe(409);
  });

  it('cancels one once it says why', async () => {
    const { uid, transaction } = await claimed();
    const cancel = () => ask(`/${uid}/state`, 'PUT', stateOf('CANCELED', transaction));
    expect((await cancel()).status).toBe(409);
    await ask(`/${uid}?${transaction}`, 'POST', discontinued);
    expect((await cancel()).status).toBe(200);
    expect(warningOf(await cancel())).toEqual([200, 'The UPS is already in the requested state of CANCELED.']);
  });

  it('lets one claim a workitem, and nobody else end it', async () => {
    const { uid } = await claimed();
    const other = newUid();
    expect((await ask(`/${uid}/state`, 'PUT', stateOf('IN PROGRESS', other))).status).toBe(409);
    expect(warningOf(await ask(`/${uid}/state`, 'PUT', stateOf('COMPLETED', other)))).toEqual([
      409,
      'The Transaction UID is incorrect.',
    ]);
    expect(warningOf(await ask(`/${uid}/state`, 'PUT', stateOf('COMPLETED')))).toEqual([
      409,
      'The Transaction UID is missing.',
    ]);
  });

  it('ends nothing that is not begun, and knows three states', async () => {
    const uid = await created();
    for (const state of ['COMPLETED', 'CANCELED'])
      expect((await ask(`/${uid}/state`, 'PUT', stateOf(state, newUid()))).status).toBe(409);
    for (const state of ['SCHEDULED', 'DONE'])
      expect((await ask(`/${uid}/state`, 'PUT', stateOf(state, newUid()))).status).toBe(400);
    expect((await ask(`/${newUid()}/state`, 'PUT', stateOf('IN PROGRESS', newUid()))).status).toBe(404);
  });
});

describe('Request of cancellation', () => {
  it('cancels at once what nobody has begun, with the reason', async () => {
    const uid = await created();
    expect(
      (await ask(`/${uid}/cancelrequest`, 'POST', { '00741238': { vr: 'LT', Value: ['wrong patient'] } })).status,
    ).toBe(202);
    const dataSet = await dataSetOf(uid);
    const [progress] = dataSet['00741002']!.Value as [DataSet];
    expect([valueOf(dataSet, '00741000'), valueOf(progress, '00741238')]).toEqual(['CANCELED', 'wrong patient']);
    expect(valueOf(progress, '0074100E')).toMatchObject({ '00080100': { Value: ['110513'] } });
    expect(warningOf(await ask(`/${uid}/cancelrequest`, 'POST'))).toEqual([
      202,
      'The UPS is already in the requested state of CANCELED.',
    ]);
  });

  it('is 409 where nobody listens who does it, or where it is done', async () => {
    const { uid, transaction } = await claimed();
    expect(warningOf(await ask(`/${uid}/cancelrequest`, 'POST'))).toEqual([409, 'The performer cannot be contacted.']);
    await ask(`/${uid}?${transaction}`, 'POST', performed);
    await ask(`/${uid}/state`, 'PUT', stateOf('COMPLETED', transaction));
    expect(warningOf(await ask(`/${uid}/cancelrequest`, 'POST'))).toEqual([409, 'The UPS is already COMPLETED.']);
  });
});

const START = { vr: 'DT', Value: ['20260301080000'] };

describe('Search', () => {
  const foundBy = async (query: string): Promise<unknown[]> => {
    const answer = await ask(`?${query}`);
    expect([200, 206]).toContain(answer.status);
    return ((await answer.json()) as DataSet[]).map((dataSet) => valueOf(dataSet, '00080018'));
  };

  it('finds by value, wildcard, range, name and within sequences, ordered by start, and gives 206 while there are more', async () => {
    const label = newUid();
    const workitem = (start: string, over: DataSet = {}) =>
      created({ '00741202': { vr: 'LO', Value: [label] }, '00404005': { vr: 'DT', Value: [start] }, ...over });
    const second = await workitem('20260202080000');
    const first = await workitem('20260201080000', {
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Müller^Jörg' }] },
      '0040A370': { vr: 'SQ', Value: [{ '00080050': { vr: 'SH', Value: ['B-18'] } }] },
    });
    const own = `WorklistLabel=${label}`;
    expect(await foundBy(own)).toEqual([first, second]);
    expect(await foundBy(`${own}&PatientName=M%C3%BCller*`)).toEqual([first]);
    expect(await foundBy(`${own}&ScheduledProcedureStepStartDateTime=20260202-`)).toEqual([second]);
    expect(await foundBy(`${own}&00404005=20260201`)).toEqual([first]);
    expect(await foundBy(`${own}&ReferencedRequestSequence.AccessionNumber=B-1?`)).toEqual([first]);
    expect(await foundBy(`${own}&ProcedureStepState=COMPLETED`)).toEqual([]);
    expect(await foundBy(`SOPInstanceUID=${first},${second}`)).toEqual([first, second]);
    const page = await ask(`?${own}&limit=1&includefield=PatientID`);
    expect(warningOf(page)).toEqual([206, 'There are 1 additional results that can be requested']);
    expect(await foundBy(`${own}&limit=1&offset=1`)).toEqual([second]);
    expect((await ask('?limit=x')).status).toBe(400);
  });

  it('finds names by the beginning of words and by sound when fuzzy, and what has no value', async () => {
    const label = newUid();
    const named = (name: DataSet[string]) =>
      created({ '00741202': { vr: 'LO', Value: [label] }, '00100010': name, '00404005': START });
    const smith = await named({ vr: 'PN', Value: [{ Alphabetic: 'Smith^John' }] });
    const nobody = await named({ vr: 'PN' });
    const own = `WorklistLabel=${label}`;
    const fuzzy = `${own}&fuzzymatching=true`;
    expect(await foundBy(`${own}&PatientName=smi`)).toEqual([]);
    expect(await foundBy(`${fuzzy}&PatientName=smi`)).toEqual([smith]);
    expect(await foundBy(`${fuzzy}&PatientName=joh+smyth`)).toEqual([smith]);
    expect(await foundBy(`${fuzzy}&PatientName=mith`)).toEqual([]);
    expect(await foundBy(`${fuzzy}&PatientName=%5E`)).toEqual([]);
    expect(await foundBy(`${own}&emptyvaluematching=true&PatientName=%22%22`)).toEqual([nobody]);
    expect((await ask(`?${own}&ScheduledProcedureStepStartDateTime=someday`)).status).toBe(400);
    expect(warningOf(await ask(`?${own}&orderby=PatientName`))[1]).toMatch(/ignored: orderby/);
  });
});

describe('The worklist', () => {
  it('is there after the server was killed', async () => {
    const { uid, transaction } = await claimed();
    const { dataFolder } = server;
    await server.kill9();
    server = await startServer({ dataFolder });
    expect(valueOf(await dataSetOf(uid), '00741000')).toBe('IN PROGRESS');
    expect((await ask(`/${uid}?${transaction}`, 'POST', performed)).status).toBe(200);
  });
});
