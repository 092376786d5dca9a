import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../src/base/testing/until.js';
import { type DataSet, get, instancePath, items, stow, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { serverUnderTest } from '../testing/server.js';

let url: string;
let stop: () => Promise<unknown>;
beforeAll(async () => {
  const server = await serverUnderTest();
  url = server.url;
  stop = () => server.stop();
});
afterAll(() => stop());

const moduleOf = async (response: Response): Promise<DataSet> => (await response.json()) as DataSet;
const warningReasons = async (response: Response) =>
  items(await moduleOf(response), '00081199').map((item) => item['00081196']?.Value?.[0]);
const slice = (study: string, over: Record<string, unknown>): Buffer =>
  ctSlice({ StudyInstanceUID: study, ...over }, { size: 16 });

describe('Store of a second patient within a study', () => {
  it('is 202 with Warning Reason 0xB000, and an alarm', async () => {
    const study = newUid();
    expect((await stowSingle(url, slice(study, { PatientID: 'MIX-A' }))).status).toBe(200);
    const ids = { study, series: newUid(), instance: newUid() };
    const file = slice(study, {
      PatientID: 'MIX-B',
      SeriesInstanceUID: ids.series,
      SOPInstanceUID: ids.instance,
    });
    const response = await stowSingle(url, file);
    expect(response.status).toBe(202);
    expect(response.headers.get('Warning')).toMatch(/^299 \S+ "B000 \(part 1\): /);
    expect(response.headers.get('Warning')).not.toContain('MIX');
    expect(await warningReasons(response)).toEqual([0xb000]);
    expect((await get(`${url}${instancePath(ids)}`)).status).toBe(200);
    await until('the alarm', async () => (await (await fetch(`${url}/readyz`)).text()).includes('another patient'));
  });

  it('is seen within one request too', async () => {
    const study = newUid();
    const response = await stow(url, [slice(study, { PatientID: 'MIX-A' }), slice(study, { PatientID: 'MIX-B' })]);
    expect(response.status).toBe(202);
    expect(await warningReasons(response)).toEqual([undefined, 0xb000]);
  });

  it('is seen by the issuer of one PatientID', async () => {
    const study = newUid();
    const of = (issuer: string) => slice(study, { PatientID: 'MIX-A', IssuerOfPatientID: issuer });
    expect((await stowSingle(url, of('north'))).status).toBe(200);
    expect(await warningReasons(await stowSingle(url, of('south')))).toEqual([0xb000]);
  });

  it.each([
    ['the same patient', { PatientID: 'MIX-A' }],
    ['nobody', { PatientID: '' }],
  ])('is none where the other instance says %s', async (_name, over) => {
    const study = newUid();
    expect((await stowSingle(url, slice(study, { PatientID: 'MIX-A' }))).status).toBe(200);
    expect((await stowSingle(url, slice(study, over))).status).toBe(200);
  });
});

describe('Store of a date that is none', () => {
  it.each([
    ['StudyDate', 'notadate'],
    ['StudyDate', '20240230'],
    ['PatientBirthDate', '1970'],
  ])('is 202 with Warning Reason 0xB007 for %s %s', async (keyword, value) => {
    const response = await stowSingle(url, slice(newUid(), { [keyword]: value }));
    expect(response.status).toBe(202);
    expect(response.headers.get('Warning')).toMatch(new RegExp(`^299 \\S+ "B007 \\(part 1\\): ${keyword} `));
    expect(response.headers.get('Warning')).not.toContain(value);
    expect(await warningReasons(response)).toEqual([0xb007]);
  });

  it.each(['', '20240229'])('is 200 for StudyDate "%s"', async (StudyDate) => {
    expect((await stowSingle(url, slice(newUid(), { StudyDate }))).status).toBe(200);
  });
});
