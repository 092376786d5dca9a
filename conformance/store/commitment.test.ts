import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DataSet, instancePath, items, sha256, stow } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { until } from '../../src/base/testing/until.js';

const CT_IMAGE = '1.2.840.10008.5.1.4.1.1.2';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const requestBody = (references: readonly [string, string][]): string =>
  JSON.stringify({
    '00081199': {
      vr: 'SQ',
      Value: references.map(([SOPClassUID, SOPInstanceUID]) => ({
        '00081150': { vr: 'UI', Value: [SOPClassUID] },
        '00081155': { vr: 'UI', Value: [SOPInstanceUID] },
      })),
    },
  });
const urlOf = (transaction: string, { url } = server): string => `${url}/dicom-web/commitment-requests/${transaction}`;
const post = (transaction: string, references: readonly [string, string][], headers = {}, to = server) =>
  fetch(urlOf(transaction, to), {
    method: 'POST',
    headers: { 'Content-Type': 'application/dicom+json', ...headers },
    body: requestBody(references),
  });
const valueOf = (item: DataSet | undefined, tag: string): unknown => item?.[tag]?.Value?.[0];

async function storedSlice() {
  const ids = { study: newUid(), series: newUid(), instance: newUid() };
  const uids = { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance };
  const file = ctSlice(uids, { size: 16 });
  expect((await stow(server.url, [file])).status).toBe(200);
  return { ids, file };
}

describe('Storage commitment', () => {
  it('is 200 with what is committed, its receipt of the chain, and what is not, and why', async () => {
    const { ids, file } = await storedSlice();
    const [missing, another] = [newUid(), await storedSlice()];
    const transaction = newUid();
    const answer = await post(transaction, [
      [CT_IMAGE, ids.instance],
      [CT_IMAGE, missing],
      ['1.2.840.10008.5.1.4.1.1.4', another.ids.instance],
    ]);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/dicom+json']);
    const module = (await answer.json()) as DataSet;
    expect(items(module, '00081198').map((item) => [valueOf(item, '00081155'), valueOf(item, '00081197')])).toEqual([
      [missing, 0x0112],
      [another.ids.instance, 0x0119],
    ]);
    const [committed, ...others] = items(module, '00081199');
    expect(others).toEqual([]);
    expect(['00081150', '00081155', '00081190', '00990010', '00991007'].map((tag) => valueOf(committed, tag))).toEqual([
      CT_IMAGE,
      ids.instance,
      `${server.url}${instancePath(ids)}`,
      'DICOM-LEDGER RECEIPT',
      sha256(file),
    ]);
    // The same facts by another way: the record of the ledger.
    const record = (await (await fetch(`${server.url}/ledger/instances/${ids.instance}`)).json()) as {
      sealed: { block: string };
      body: { contract: string };
    };
    expect([valueOf(committed, '00991002'), String(valueOf(committed, '00991003'))]).toEqual([
      record.body.contract,
      record.sealed.block,
    ]);
    for (const tag of ['00991004', '00991005']) expect(valueOf(committed, tag)).toMatch(/^0x[0-9a-f]{64}$/);
    const depth = valueOf(committed, '00991006') as number;
    expect(depth).toBeGreaterThanOrEqual(1);

    await storedSlice();
    const later = (await (await fetch(urlOf(transaction))).json()) as DataSet;
    const [again] = items(later, '00081199');
    expect([valueOf(again, '00991005'), valueOf(again, '00991006')]).not.toEqual([undefined, depth]);
    expect(valueOf(again, '00991005')).toBe(valueOf(committed, '00991005'));
  });

  it('is 409 for a transaction UID that is in use, and 404 for one that is not', async () => {
    const { ids } = await storedSlice();
    const transaction = newUid();
    expect((await post(transaction, [[CT_IMAGE, ids.instance]])).status).toBe(200);
    expect((await post(transaction, [[CT_IMAGE, ids.instance]])).status).toBe(409);
    expect((await fetch(urlOf(newUid()))).status).toBe(404);
  });

  it.each([
    [400, { 'Content-Type': 'application/dicom+json' }, '{}'],
    [400, { 'Content-Type': 'application/dicom+json' }, '{"00081199":{"vr":"SQ","Value":[{"00081155":{"vr":"UI"}}]}}'],
    [400, { 'Content-Type': 'application/dicom+json' }, '{"00081199":'],
    [415, { 'Content-Type': 'text/plain' }, 'commit'],
    [406, { 'Content-Type': 'application/dicom+json', Accept: 'text/plain' }, '{}'],
  ] as [number, Record<string, string>, string][])('answers %i to %j with %s', async (status, headers, body) => {
    expect((await fetch(urlOf(newUid()), { method: 'POST', headers, body })).status).toBe(status);
  });

  it('is requested in XML, too', async () => {
    const { ids } = await storedSlice();
    const value = (tag: string, uid: string) =>
      `<DicomAttribute tag="${tag}" vr="UI"><Value number="1">${uid}</Value></DicomAttribute>`;
    const item = `${value('00081150', CT_IMAGE)}${value('00081155', ids.instance)}`;
    const answer = await fetch(urlOf(newUid()), {
      method: 'POST',
      headers: { 'Content-Type': 'application/dicom+xml' },
      body: `<NativeDicomModel><DicomAttribute tag="00081199" vr="SQ"><Item number="1">${item}</Item></DicomAttribute></NativeDicomModel>`,
    });
    const dataSet = (await answer.json()) as DataSet;
    expect([answer.status, dataSet['00081199']?.Value]).toMatchObject([
      200,
      [{ '00081155': { vr: 'UI', Value: [ids.instance] } }],
    ]);
  });

  it('is answered in XML to who asks for it', async () => {
    const { ids } = await storedSlice();
    const answer = await post(newUid(), [[CT_IMAGE, ids.instance]], { Accept: 'application/dicom+xml' });
    expect(answer.headers.get('content-type')).toBe('application/dicom+xml');
    expect(await answer.text()).toMatch(/keyword="ReferencedSOPSequence"[^]*privateCreator="DICOM-LEDGER RECEIPT"/);
  });

  it('is 202 with Retry-After while an instance is on its way, and 200 once it is sealed', async () => {
    const slow = await startServer({ env: { STORE_ACK: 'accepted', EMBEDDED_PERIOD_MS: '3000' } });
    try {
      const instance = newUid();
      expect((await stow(slow.url, [ctSlice({ SOPInstanceUID: instance }, { size: 16 })])).status).toBe(200);
      const transaction = newUid();
      const first = await post(transaction, [[CT_IMAGE, instance]], {}, slow);
      expect([first.status, Number(first.headers.get('retry-after')), await first.text()]).toEqual([202, 5, '']);
      await until('the commitment', async () => (await fetch(urlOf(transaction, slow))).status === 200);
    } finally {
      await slow.stop();
    }
  });
});
