import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { whoever } from '../../access/testing/whoever.js';
import { createHttpApp } from '../create-http-app.js';
import type { Archive } from '../../archive/archive.js';
import { httpPartsOver } from '../testing/http-app-over.js';

const archiveOf = (site: number | undefined): Archive =>
  ({
    seenBy: () => archiveOf(site),
    ofSite: (siteId: number) => archiveOf(siteId),
    sites: async () => [{ siteId: 3, name: 'South', isOwn: false }],
    attribute: () => undefined,
    search: async () => ({ matches: [{ '0020000D': { vr: 'UI', Value: [`1.2.${site ?? 0}`] } }], remaining: 0 }),
  }) as unknown as Archive;
const asked: string[] = [];
const app = createHttpApp({
  ...httpPartsOver(archiveOf(undefined), { publicUrl: 'https://pacs.example' }),
  authenticate: async ({ url = '' }) => {
    asked.push(url);
    return whoever();
  },
});

const urlIn = async (path: string): Promise<unknown> => {
  const { text } = await request(app).get(path);
  return (JSON.parse(text) as Record<string, { Value: unknown[] }>[])[0]?.['00081190']?.Value[0];
};

describe('singleSlashes', () => {
  it.each([
    ['/dicom-web//studies', 'https://pacs.example/dicom-web/studies/1.2.0'],
    ['//dicom-web/studies?limit=1', 'https://pacs.example/dicom-web/studies/1.2.0'],
    ['/dicom-web///studies//1.2///series', 'https://pacs.example/dicom-web/studies/1.2.0'],
    ['/sites/3//dicom-web//studies', 'https://pacs.example/sites/3/dicom-web/studies/1.2.3'],
    ['/sites//3/dicom-web/studies//', 'https://pacs.example/sites/3/dicom-web/studies/1.2.3'],
  ])('answer %s as if its slashes were single', async (path, url) => {
    expect(String(await urlIn(path))).toContain(url);
  });

  it.each(['/dicom-web//patients/a%2F%2Fb/images', '/dicom-web/studies?PatientName=a//b'])(
    'leave what is no slash of the path in %s',
    async (path) => {
      asked.length = 0;
      await request(app).get(path);
      expect(asked).toEqual([path.replace('//p', '/p').slice('/dicom-web'.length)]);
    },
  );

  it.each(['//healthz', '//ledger/network', '/ledger//network', '//evil.example/dicom-web/studies'])(
    'are for the roots of DICOMweb alone: %s is not there',
    async (path) => {
      expect((await request(app).get(path)).status).toBe(404);
    },
  );
});
