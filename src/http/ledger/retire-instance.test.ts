import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import request from 'supertest';
import type { Archive, FoundInstance, ResourceUids } from '../../archive/archive.js';
import { LedgerError } from '../../base/errors.js';
import { httpAppOver } from '../testing/http-app-over.js';

const refused = '1.7';
let isStoring = false;
const retire = jest.fn(async (SOPInstanceUID: string, _reason: string) => {
  if (SOPInstanceUID === refused) throw new LedgerError('site-not-admitted', 'It is of another site.');
});
beforeEach(() => {
  isStoring = false;
  retire.mockClear();
});

const archive = {
  instances: async ({ SOPInstanceUID, SeriesInstanceUID }: ResourceUids) => {
    if (SOPInstanceUID !== undefined && SOPInstanceUID !== '1.3') return [];
    const all =
      SOPInstanceUID === undefined ? (SeriesInstanceUID === '1.9' ? ['1.3', refused] : ['1.3', '1.6']) : ['1.3'];
    return all.map(
      (uid) => ({ SOPInstanceUID: uid, state: uid === '1.6' && isStoring ? 'announced' : 'sealed' }) as FoundInstance,
    );
  },
  isGone: async ({ SOPInstanceUID }: ResourceUids) => SOPInstanceUID === '1.4',
  retire,
} as unknown as Archive;

const app = httpAppOver(archive);

const series = '/dicom-web/studies/1.1/series/1.2';

describe('deleteInstances', () => {
  it('retires the instance and keeps the reason', async () => {
    const response = await request(app).delete(`${series}/instances/1.3?reason=wrong%20patient`);
    expect(response.status).toBe(204);
    expect(retire).toHaveBeenCalledWith('1.3', 'wrong patient');
  });

  it.each<[string, number]>([
    [`${series}/instances/1.3`, 204],
    [`${series}/instances/1.3?reason=${'a'.repeat(256)}`, 204],
    [`${series}/instances/1.3?reason=${'a'.repeat(257)}`, 400],
    [`${series}/instances/1.3?reason=${'%C3%B6'.repeat(129)}`, 400],
    [`${series}/instances/1.3?reason=%20`, 400],
    [`${series}/instances/1.4`, 410],
    [`${series}/instances/1.5`, 404],
    [`${series}/instances/x`, 400],
    [series, 204],
    ['/dicom-web/studies/1.1', 204],
    ['/dicom-web/studies/1.1/series/1.9', 403],
  ])('answers DELETE %s with %i', async (path, status) => {
    expect((await request(app).delete(path)).status).toBe(status);
  });

  it('retires all of a study for one reason', async () => {
    await request(app).delete('/dicom-web/studies/1.1?reason=wrong%20patient');
    expect(retire.mock.calls).toEqual([
      ['1.3', 'wrong patient'],
      ['1.6', 'wrong patient'],
    ]);
  });

  it('retires none of a study while one of its instances is being stored', async () => {
    isStoring = true;
    const response = await request(app).delete('/dicom-web/studies/1.1');
    expect([response.status, retire.mock.calls.length]).toEqual([503, 0]);
  });
});
