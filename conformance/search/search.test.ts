import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DataSet, get, stow } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { serverUnderTest } from '../testing/server.js';

let url: string;
let stop: () => Promise<unknown>;

/** Patient IDs of this run begin so, so that others' studies do not disturb. */
const run = `Q${newUid().slice(5)}`;
const uid = { a: newUid(), b: newUid(), c: newUid() };
const series = { a1: newUid(), a2: newUid(), b1: newUid(), c1: newUid() };
const instances = { a1: newUid(), a2: newUid(), a3: newUid(), b1: newUid(), c1: newUid() };

beforeAll(async () => {
  const server = await serverUnderTest();
  url = server.url;
  stop = () => server.stop();
  const a = {
    StudyInstanceUID: uid.a,
    PatientID: `${run}-1`,
    PatientName: [{ Alphabetic: 'Müller^Jürgen' }],
    SpecificCharacterSet: 'ISO_IR 192',
    StudyDate: '20200131',
    StudyTime: '101500',
    AccessionNumber: `${run}A`,
    StudyDescription: 'Knee, left',
  };
  const b = { ...a, StudyInstanceUID: uid.b, PatientID: `${run}-2`, PatientName: [{ Alphabetic: 'Smith^John' }] };
  const c = {
    ...a,
    StudyInstanceUID: uid.c,
    StudyDate: '20210301',
    StudyDescription: 'Head',
    AccessionNumber: `${run}C`,
  };
  const slice = (over: Record<string, unknown>) => ctSlice(over, { size: 16 });
  const response = await stow(url, [
    slice({ ...a, SeriesInstanceUID: series.a1, SOPInstanceUID: instances.a2, InstanceNumber: '2' }),
    slice({ ...a, SeriesInstanceUID: series.a1, SOPInstanceUID: instances.a1, InstanceNumber: '1' }),
    slice({ ...a, SeriesInstanceUID: series.a2, SOPInstanceUID: instances.a3, Modality: 'MR', SeriesNumber: '2' }),
    slice({
      ...b,
      SeriesInstanceUID: series.b1,
      SOPInstanceUID: instances.b1,
      StudyDate: '20200201',
      AccessionNumber: '',
    }),
    slice({
      ...c,
      SeriesInstanceUID: series.c1,
      SOPInstanceUID: instances.c1,
      RequestAttributesSequence: ['1', '2'].map((step) => ({
        ScheduledProcedureStepID: `${run}-${step}`,
        RequestedProcedureID: `RP${step}`,
        ScheduledProcedureStepDescription: 'Not asked for',
      })),
    }),
  ]);
  expect(response.status).toBe(200);
});
afterAll(() => stop());

const find = async (path: string): Promise<DataSet[]> => {
  const response = await get(`${url}/dicom-web${path}`);
  expect([path, response.status]).toEqual([path, 200]);
  return (await response.json()) as DataSet[];
};
const valueOf = (one: DataSet, tag: string): unknown => one[tag]?.Value?.[0];
const studiesOf = async (query: string): Promise<string[]> =>
  (await find(`/studies?PatientID=${run}*&${query}`)).map((one) => {
    const [name] = Object.entries(uid).find(([, value]) => value === valueOf(one, '0020000D')) ?? ['?'];
    return name;
  });

describe('Search for studies', () => {
  it('gives the newest first, with all that PS3.18 Table 10.6.3-3 asks for', async () => {
    expect(await studiesOf('')).toEqual(['c', 'b', 'a']);
    const [study] = await find(`/studies?StudyInstanceUID=${uid.a}`);
    expect(study).toMatchObject({
      '00080020': { vr: 'DA', Value: ['20200131'] },
      '00080030': { vr: 'TM', Value: ['101500'] },
      '00080050': { vr: 'SH', Value: [`${run}A`] },
      '00080056': { vr: 'CS', Value: ['ONLINE'] },
      '00080061': { vr: 'CS', Value: ['CT', 'MR'] },
      '00080090': { vr: 'PN', Value: [{ Alphabetic: 'Referring^Doctor' }] },
      '00081190': { vr: 'UR', Value: [`${url}/dicom-web/studies/${uid.a}`] },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Müller^Jürgen' }] },
      '00100020': { vr: 'LO', Value: [`${run}-1`] },
      '00100030': { vr: 'DA', Value: ['19700102'] },
      '00100040': { vr: 'CS', Value: ['F'] },
      '0020000D': { vr: 'UI', Value: [uid.a] },
      '00200010': { vr: 'SH', Value: ['S1'] },
      '00201206': { vr: 'IS', Value: [2] },
      '00201208': { vr: 'IS', Value: [3] },
    });
  });

  it.each([
    ['PatientName=Smith^John', ['b']],
    ['PatientName=smith*', ['b']],
    ['PatientName=M%C3%BCller*', ['c', 'a']],
    ['PatientName=muller&fuzzymatching=true', ['c', 'a']],
    ['00100010=*^J?hn', ['b']],
    ['StudyDate=20200131', ['a']],
    ['StudyDate=20200131-20200201', ['b', 'a']],
    ['StudyDate=20200202-', ['c']],
    ['StudyDate=-20200131', ['a']],
    ['00080020=20200131', ['a']],
    [`AccessionNumber=${run}C`, ['c']],
    ['StudyDescription=knee*', []],
    ['StudyDescription=Knee,%20left', ['b', 'a']],
    ['ModalitiesInStudy=MR', ['a']],
    ['ModalitiesInStudy=MR,US', ['a']],
    [`StudyInstanceUID=${uid.a},${uid.c}`, ['c', 'a']],
    [`StudyInstanceUID=${uid.a}%5C${uid.b}`, ['b', 'a']],
    ['limit=1', ['c']],
    ['limit=1&offset=1', ['b']],
    ['offset=3', []],
    ['PatientName=', ['c', 'b', 'a']],
    ['PatientName=*', ['c', 'b', 'a']],
  ])('by %s', async (query, expected) => {
    expect(await studiesOf(query)).toEqual(expected);
  });

  it('says how many more there are, and which parameters it does not know', async () => {
    const page = await get(`${url}/dicom-web/studies?PatientID=${run}*&limit=1`);
    expect(page.headers.get('Warning')).toContain('There are 2 additional results that can be requested');
    expect(page.headers.get('X-Total-Count')).toBe('3');
    const odd = await get(`${url}/dicom-web/studies?PatientID=${run}*&NoSuchAttribute=1`);
    expect([odd.status, odd.headers.get('Warning')]).toEqual([200, expect.stringContaining('NoSuchAttribute')]);
  });

  it('returns what includefield names, in its three forms', async () => {
    for (const fields of ['StudyDescription', '00081030', 'PatientSize%2C00081030', 'all']) {
      const [study] = await find(`/studies?StudyInstanceUID=${uid.a}&includefield=${fields}`);
      expect([fields, study?.['00081030']?.Value]).toEqual([fields, ['Knee, left']]);
    }
  });

  it('answers nothing found with an empty array, and a wrong limit with 400', async () => {
    expect(await find(`/studies?PatientID=${run}-none`)).toEqual([]);
    expect((await get(`${url}/dicom-web/studies?limit=x`)).status).toBe(400);
    expect((await get(`${url}/dicom-web/studies`, 'text/html')).status).toBe(406);
  });
});

describe('Search for series and instances', () => {
  it('finds series of a study and of all', async () => {
    const ofStudy = await find(`/studies/${uid.a}/series`);
    expect(
      ofStudy.map((one) => [valueOf(one, '0020000E'), valueOf(one, '00080060'), valueOf(one, '00201209')]),
    ).toEqual([
      [series.a1, 'CT', 2],
      [series.a2, 'MR', 1],
    ]);
    const all = await find(`/series?PatientID=${run}*&Modality=CT`);
    expect(all.map((one) => valueOf(one, '0020000E')).sort()).toEqual([series.a1, series.b1, series.c1].sort());
    expect(valueOf(all[0] ?? {}, '00100020')).toMatch(new RegExp(`^${run}`));
  });

  it('returns of a sequence that is searched the items that match, with what is asked for', async () => {
    const item = {
      '00400009': { vr: 'SH', Value: [`${run}-2`] },
      '00401001': { vr: 'SH', Value: ['RP2'] },
    };
    for (const key of ['RequestAttributesSequence.ScheduledProcedureStepID', '00400275.00400009']) {
      const found = await find(`/series?${key}=${run}-2`);
      expect(found.map((one) => one['00400275']?.Value)).toEqual([[item]]);
    }
    expect(await find(`/series?RequestAttributesSequence.ScheduledProcedureStepID=${run}-3`)).toEqual([]);
  });

  it('finds instances of a series, of a study and of all, in the order of their numbers', async () => {
    const uidsOf = (found: DataSet[]) => found.map((one) => valueOf(one, '00080018'));
    expect(uidsOf(await find(`/studies/${uid.a}/series/${series.a1}/instances`))).toEqual([instances.a1, instances.a2]);
    expect(uidsOf(await find(`/studies/${uid.a}/instances`))).toEqual([instances.a1, instances.a2, instances.a3]);
    expect(uidsOf(await find(`/instances?SOPInstanceUID=${instances.b1}`))).toEqual([instances.b1]);
    const [one] = await find(`/studies/${uid.a}/series/${series.a1}/instances?InstanceNumber=1`);
    expect(one).toMatchObject({
      '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] },
      '00080018': { vr: 'UI', Value: [instances.a1] },
      '00200013': { vr: 'IS', Value: [1] },
      '00280010': { vr: 'US', Value: [16] },
      '00280011': { vr: 'US', Value: [16] },
      '00280100': { vr: 'US', Value: [16] },
    });
  });

  it('finds nothing below a study or series that is not there', async () => {
    expect(await find(`/studies/${newUid()}/series`)).toEqual([]);
    expect(await find(`/studies/${uid.a}/series/${series.b1}/instances`)).toEqual([]);
  });
});

describe('Search for patients', () => {
  it('gives each patient once', async () => {
    const found = await find(`/patients?PatientID=${run}*`);
    expect(found.map((one) => valueOf(one, '00100020')).sort()).toEqual([`${run}-1`, `${run}-2`]);
  });
});
