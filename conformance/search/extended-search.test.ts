import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DataSet, stow } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { serverUnderTest } from '../testing/server.js';

let url: string;
let stop: () => Promise<unknown>;
const run = `X${newUid().slice(5)}`;
const [mixed, late] = [newUid(), newUid()];

beforeAll(async () => {
  const server = await serverUnderTest();
  url = server.url;
  stop = () => server.stop();
  const slice = (over: Record<string, unknown>) => ctSlice({ SOPInstanceUID: newUid(), ...over }, { size: 16 });
  const named = { SpecificCharacterSet: 'ISO_IR 192', StudyDate: '20200131' };
  const [a, b, c] = ['A', 'B', 'C'].map((letter) => ({ ...named, PatientID: `${run}-${letter}` }));
  // One after another: what came first is what this is about.
  for (const over of [
    { ...a, StudyInstanceUID: mixed, SeriesInstanceUID: newUid(), PatientName: [{ Alphabetic: 'Smith^Ann' }] },
    { ...b, StudyInstanceUID: mixed, SeriesInstanceUID: newUid(), PatientName: [{ Alphabetic: 'Roe^Bob' }] },
    {
      ...c,
      StudyInstanceUID: late,
      SeriesInstanceUID: newUid(),
      PatientID: '',
      AccessionNumber: '',
      StudyDescription: '',
    },
    { ...c, StudyInstanceUID: late, SeriesInstanceUID: newUid(), AccessionNumber: `${run}C`, StudyDescription: 'Head' },
  ])
    expect([200, 202]).toContain((await stow(url, [slice(over)])).status);
}, 60_000);

afterAll(() => stop());

const ask = (path: string, Accept = 'application/dicom+json') =>
  fetch(`${url}/dicom-web${path}`, { headers: { Accept } });
const find = async (path: string): Promise<DataSet[]> => (await (await ask(path)).json()) as DataSet[];
const ids = (found: DataSet[]): unknown[] => found.map((one) => one['00100020']?.Value?.[0]);

describe('Search in studies whose instances do not say the same', () => {
  it('finds an instance of a second patient by its own ID, and lists nobody as the other', async () => {
    expect(ids(await find(`/instances?PatientID=${run}-B`))).toEqual([`${run}-B`]);
    expect(ids(await find(`/instances?PatientID=${run}-A`))).toEqual([`${run}-A`]);
    expect(ids(await find(`/studies?StudyInstanceUID=${mixed}`))).toEqual([`${run}-A`]);
    expect(await find(`/studies?PatientID=${run}-B`)).toEqual([]);
  });

  it('finds a study by what a later instance says where the first says nothing', async () => {
    for (const key of [`AccessionNumber=${run}C`, `PatientID=${run}-C`, `StudyDescription=Head&PatientID=${run}-C`]) {
      const found = await find(`/studies?${key}`);
      expect(found).toMatchObject([{ '0020000D': { Value: [late] }, '00100020': { Value: [`${run}-C`] } }]);
    }
  });
});

describe('Search beyond the required', () => {
  it('counts what is found', async () => {
    const countOf = async (path: string) =>
      ((await (await ask(path, 'application/json')).json()) as { count: number }).count;
    expect(await countOf(`/studies/count?PatientID=${run}-*`)).toBe(2);
    expect(await countOf(`/studies/${mixed}/series/count`)).toBe(2);
    expect(await countOf(`/studies/${mixed}/instances/count?PatientID=${run}-B`)).toBe(1);
    expect(await countOf(`/instances/count?PatientID=${run}-nobody`)).toBe(0);
  });

  it('gives CSV', async () => {
    const answer = await ask(`/instances?PatientID=${run}-B`, 'text/csv');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/csv']);
    const [head = '', line = '', ...rest] = (await answer.text()).split('\r\n');
    expect(rest).toEqual(['']);
    expect(line.split(',')[head.split(',').indexOf('PatientID')]).toBe(`${run}-B`);
  });

  it('takes a name that sounds so', async () => {
    expect(ids(await find(`/studies?PatientName=Smyth&fuzzymatching=true&PatientID=${run}-A`))).toEqual([`${run}-A`]);
  });

  it('takes an empty value, and several', async () => {
    expect(
      await find(`/instances?StudyInstanceUID=${late}&AccessionNumber=%22%22&emptyvaluematching=true`),
    ).toHaveLength(1);
    const several = `/instances?PatientID=${run}-A%5C${run}-B&multiplevaluematching=true`;
    expect(ids(await find(several)).sort()).toEqual([`${run}-A`, `${run}-B`]);
  });

  it('orders as it is told', async () => {
    const order = (by: string) => find(`/instances?PatientID=${run}-*&orderby=${by}`).then(ids);
    expect(await order('PatientID')).toEqual(['A', 'B', 'C'].map((letter) => `${run}-${letter}`));
    expect(await order('-PatientID')).toEqual(['C', 'B', 'A'].map((letter) => `${run}-${letter}`));
  });

  it('refuses dates that are none', async () => {
    for (const key of ['StudyDate=notadate', 'StudyDate=20240230', 'StudyTime=2561'])
      expect([key, (await ask(`/studies?${key}`)).status]).toEqual([key, 400]);
  });
});
