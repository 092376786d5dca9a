import { describe, expect, it, jest } from '@jest/globals';
import request from 'supertest';
import type { Archive, FoundInstance, ResourceUids } from '../../archive/archive.js';
import { httpAppOver } from '../testing/http-app-over.js';

const retire = jest.fn(async (_SOPInstanceUID: string, _reason: string) => {});

const archive = {
  instances: async ({ SOPInstanceUID }: ResourceUids) =>
    SOPInstanceUID === '1.3' ? [{ SOPInstanceUID } as FoundInstance] : [],
  isGone: async ({ SOPInstanceUID }: ResourceUids) => SOPInstanceUID === '1.4',
  retire,
} as unknown as Archive;

const app = httpAppOver(archive);

const series = '/dicom-web/studies/1.1/series/1.2';

describe('deleteInstance', () => {
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
    [series, 405],
    ['/dicom-web/studies/1.1', 405],
  ])('answers DELETE %s with %i', async (path, status) => {
    expect((await request(app).delete(path)).status).toBe(status);
  });
});
