import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  get,
  type InstanceIds,
  multipartBody,
  instancePath,
  type DataSet,
  items,
  stow,
  stowSingle,
} from '../testing/dicomweb-client.js';
import { runCommand } from '../testing/command-line.js';
import { ctSlice, newUid, part10 } from '../testing/make-dicom.js';
import { serverUnderTest } from '../testing/server.js';

let url: string;
let stop: () => Promise<unknown>;
beforeAll(async () => {
  const server = await serverUnderTest();
  url = server.url;
  stop = () => server.stop();
});
afterAll(() => stop());

const KEY_OBJECT_SELECTION = '1.2.840.10008.5.1.4.1.1.88.59';
const CT = '1.2.840.10008.5.1.4.1.1.2';

async function storeTwo(): Promise<[InstanceIds, InstanceIds]> {
  const [study, series] = [newUid(), newUid()];
  const both: [InstanceIds, InstanceIds] = [
    { study, series, instance: newUid() },
    { study, series, instance: newUid() },
  ];
  const files = both.map(({ instance }) =>
    ctSlice({ StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: instance }, { size: 16 }),
  );
  expect((await stow(url, files)).status).toBe(200);
  return both;
}

/** A Key Object Selection Document of the study that names these instances. */
function note(named: InstanceIds[], { code = '113001', scheme = 'DCM' } = {}): Buffer {
  const [first] = named;
  const SOPInstanceUID = newUid();
  const dataSet = {
    SOPClassUID: KEY_OBJECT_SELECTION,
    SOPInstanceUID,
    StudyInstanceUID: first!.study,
    SeriesInstanceUID: newUid(),
    Modality: 'KO',
    PatientID: 'P-1',
    PatientName: [{ Alphabetic: 'Muster^Erika' }],
    ConceptNameCodeSequence: [{ CodeValue: code, CodingSchemeDesignator: scheme, CodeMeaning: 'Rejected' }],
    CurrentRequestedProcedureEvidenceSequence: [
      {
        StudyInstanceUID: first!.study,
        ReferencedSeriesSequence: [
          {
            SeriesInstanceUID: first!.series,
            ReferencedSOPSequence: named.map(({ instance }) => ({
              ReferencedSOPClassUID: CT,
              ReferencedSOPInstanceUID: instance,
            })),
          },
        ],
      },
    ],
  };
  return part10(dataSet, { SOPInstanceUID });
}
const statusOf = async (ids: InstanceIds): Promise<number> => (await get(`${url}${instancePath(ids)}`)).status;

describe('Store of a rejection note', () => {
  it.each(['113001', '113037', '113038', '113039'])('of %s retires what it names, and nothing else', async (code) => {
    const [gone, stays] = await storeTwo();
    expect((await stowSingle(url, note([gone], { code }))).status).toBe(200);
    expect([await statusOf(gone), await statusOf(stays)]).toEqual([410, 200]);
  });

  it.each([
    ['another title', { code: '113000' }],
    ['another coding scheme', { scheme: '99LOCAL' }],
  ])('is an ordinary document with %s', async (_name, title) => {
    const [first] = await storeTwo();
    expect((await stowSingle(url, note([first], title))).status).toBe(200);
    expect(await statusOf(first)).toBe(200);
  });

  it('is stored with a Warning where it names what is not there', async () => {
    const [gone] = await storeTwo();
    const response = await stowSingle(url, note([gone, { ...gone, instance: newUid() }]));
    expect(response.status).toBe(202);
    expect(response.headers.get('Warning')).toContain('1 of the 2 instances');
    const [stored] = items((await response.json()) as DataSet, '00081199');
    expect(stored?.['00081196']?.Value).toEqual([0xb007]);
    expect(await statusOf(gone)).toBe(410);
  });
});

describe('POST of reject', () => {
  const reject = (path: string, code: string) => fetch(`${url}${path}/reject/${code}`, { method: 'POST' });

  it('retires an instance, a series or a study for the reason of the code', async () => {
    const [first, second] = await storeTwo();
    const study = `/dicom-web/studies/${first.study}`;
    const one = await reject(instancePath(first), '113001%5EDCM');
    expect([one.status, await one.json()]).toEqual([200, { count: 1 }]);
    expect([await statusOf(first), await statusOf(second)]).toEqual([410, 200]);
    expect((await reject(`${study}/series/${first.series}`, '113039^DCM')).status).toBe(200);
    expect(await statusOf(second)).toBe(410);
    expect((await reject(study, '113001^DCM')).status).toBe(410);
  });

  it('is 404 for another code', async () => {
    const [first] = await storeTwo();
    expect((await reject(instancePath(first), '113000^DCM')).status).toBe(404);
    expect(await statusOf(first)).toBe(200);
  });
});

describe('Whoever may store and not retire', () => {
  let headers: Record<string, string>;
  beforeAll(async () => {
    const made = await runCommand(['access-key', 'new', 'no retirer', '--permission', 'read,write', '--url', url]);
    headers = { Authorization: `Bearer ${made.stdout.trim()}` };
  });
  const send = (type: string, body: Uint8Array) =>
    fetch(`${url}/dicom-web/studies`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': type },
      body: new Uint8Array(body),
    });

  it('retires nothing by a rejection note, which is stored with a Warning of that', async () => {
    for (const [type, wrap] of [
      ['application/dicom', (bytes: Buffer) => bytes],
      ['multipart/related; type="application/dicom"; boundary=b-1', (bytes: Buffer) => multipartBody([bytes])],
    ] as const) {
      const both = await storeTwo();
      const response = await send(type, wrap(note(both)));
      expect([response.status, response.headers.get('Warning')]).toEqual([
        202,
        expect.stringContaining('its sender may not'),
      ]);
      const [stored] = items((await response.json()) as DataSet, '00081199');
      expect(stored?.['00081196']?.Value).toEqual([0xb007]);
      expect((await get(String(stored?.['00081190']?.Value?.[0]))).status).toBe(200);
      expect(await Promise.all(both.map(statusOf))).toEqual([200, 200]);
    }
  });

  it('retires nothing by the URL of rejection, which is 403', async () => {
    const both = await storeTwo();
    const study = `/dicom-web/studies/${both[0].study}`;
    for (const path of [study, `${study}/series/${both[0].series}`, instancePath(both[0])]) {
      const response = await fetch(`${url}${path}/reject/113001%5EDCM`, { method: 'POST', headers });
      expect([path, response.status]).toEqual([path, 403]);
      expect((await fetch(`${url}${path}`, { method: 'DELETE', headers })).status).toBe(403);
    }
    expect(await Promise.all(both.map(statusOf))).toEqual([200, 200]);
  });
});
