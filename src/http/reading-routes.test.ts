import { beforeEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { Principal } from '../access/principal.js';
import { letWhoeverIn } from '../access/testing/whoever.js';
import type { Archive } from '../archive/archive.js';
import type { Visibility } from '../catalog/visibility.js';
import { createHttpApp } from './create-http-app.js';
import { createKeptAnswers } from './message/kept-answers.js';
import { readingRoutes } from './reading-routes.js';
import { routes } from './routes.js';
import { httpPartsOver } from './testing/http-app-over.js';

const label = { label: 'a', setBy: 'x', setAt: 0 };
/** For whom, and as which site, the archive was asked. */
let asked: { visibility: Visibility; siteId: number | undefined }[] = [];
beforeEach(() => void (asked = []));

const archiveOf = (visibility: Visibility, siteId?: number): Archive => {
  const note = <T>(answer: T): T => {
    asked.push({ visibility, siteId });
    return answer;
  };
  return {
    seenBy: (other: Visibility) => archiveOf(other, siteId),
    ofSite: (other: number) => archiveOf(visibility, other),
    sites: async () => [1, 3].map((one) => ({ siteId: one, name: `Site ${one}`, isOwn: one === 1 })),
    attribute: () => undefined,
    search: async () => note({ matches: [{ '0020000D': { vr: 'UI', Value: ['1.2'] } }], remaining: 1 }),
    isOwn: () => true,
    instances: async () => note([{ SOPInstanceUID: '1.4', sha256: 'ab' }]),
    async *metadata() {
      yield '{"7FE00010":{"vr":"OW","BulkDataURI":"studies/1.2/x"}}';
    },
    labels: async () => note([label]),
    addLabel: async () => note(undefined),
    removeLabel: async () => note(undefined),
    instance: async (uid: string) =>
      siteId === 3 ? note({ SOPInstanceUID: uid, siteId, announcedAt: 0, announcedBlock: 1n }) : undefined,
    body: async () => ({}),
    verify: async () => note({ byteCount: 1, pieceCount: 1, problems: [] }),
  } as unknown as Archive;
};

const parts = (over: Partial<Principal> = {}, publicUrl?: string) => ({
  ...httpPartsOver(archiveOf('everything'), publicUrl === undefined ? {} : { publicUrl }),
  authenticate: letWhoeverIn(over),
});
const app = createHttpApp(parts({}, 'https://pacs.example/x'));
const get = (path: string) => request(app).get(path);

describe('readingRoutes', () => {
  it('are below the root of each site all that read below the root of all sites', () => {
    const table = routes({ ...parts(), uploadOptions: { publicUrl: undefined, maxInstanceBytes: 1 } });
    const below = (root: string) =>
      table
        .filter(({ path }) => path.startsWith(`${root}/`))
        .map(({ path, handler: _handler, ...row }) => ({ ...row, path: path.slice(root.length) }));
    // The worklist is of this site alone.
    const isOfWorklist = (path: string): boolean => /^\/(workitems|subscribers)/.test(path);
    const all = below('/dicom-web').filter(({ permission, path }) => permission === 'read' && !isOfWorklist(path));
    const ofSite = below('/sites/:site/dicom-web');
    expect(ofSite).toEqual(expect.arrayContaining(all));
    expect(ofSite.filter(({ permission }) => permission !== 'public')).toHaveLength(all.length);
    expect(ofSite.some(({ writes }) => writes)).toBe(false);
    const changes = ofSite.filter(({ path }) => path.startsWith('/changefeed'));
    expect(
      readingRoutes('/x', { by: () => () => undefined, answers: createKeptAnswers(), compressesFrames: false }),
    ).toHaveLength(ofSite.length - changes.length);
  });

  it('ask the archive of that site, and keep its root in every link', async () => {
    const root = 'https://pacs.example/x/sites/3/dicom-web';
    const found = await get('/sites/3/dicom-web/studies?limit=1');
    expect(found.body).toMatchObject([{ '00081190': { Value: [`${root}/studies/1.2`] } }]);
    expect(found.headers['warning']).toContain(`299 ${root} `);
    const metadata = await get('/sites/3/dicom-web/studies/1.2/metadata');
    expect(metadata.body).toMatchObject([{ '7FE00010': { BulkDataURI: `${root}/studies/1.2/x` } }]);
    expect(new Set(asked.map(({ siteId }) => siteId))).toEqual(new Set([3]));
    asked = [];
    const shown = await get('/dicom-web/studies?site=3');
    expect(shown.body).toMatchObject([{ '00081190': { Value: ['https://pacs.example/x/dicom-web/studies/1.2'] } }]);
    expect(asked).toEqual([{ visibility: 'everything', siteId: undefined }]);
  });

  it('have another validator than those of all sites: their links are others', async () => {
    const etags = await Promise.all(
      ['/dicom-web', '/sites/1/dicom-web', '/sites/3/dicom-web'].map(
        async (root) => (await get(`${root}/studies/1.2/metadata`)).headers['etag'],
      ),
    );
    expect(new Set(etags).size).toBe(3);
  });

  it('show no more to one who sees a part', async () => {
    const sees = { labels: ['trial'] };
    const narrowed = createHttpApp(parts({ sees }));
    expect((await request(narrowed).get('/sites/3/dicom-web/studies')).status).toBe(200);
    expect(asked).toEqual([{ visibility: sees, siteId: 3 }]);
  });

  it('show nothing to one who sees studies by their UIDs: there, they may be of other patients', async () => {
    const narrowed = createHttpApp(parts({ sees: { studies: ['1.2'] }, via: 'link' }));
    expect((await request(narrowed).get('/sites/3/dicom-web/studies/1.2/metadata')).status).toBe(200);
    expect(asked[0]).toEqual({ visibility: { studies: [] }, siteId: 3 });
    asked = [];
    await request(narrowed).get('/dicom-web/studies/1.2/metadata');
    expect(asked[0]).toEqual({ visibility: { studies: ['1.2'] }, siteId: undefined });
  });

  it.each([
    ['2', 404, 'has no site 2'],
    ['4294967295', 404, 'has no site 4294967295'],
    ['0', 400, '"0" is not the number of a site'],
    ['01', 400, '"01" is not the number of a site'],
    ['4294967296', 400, 'is not the number of a site'],
    ['north', 400, '"north" is not the number of a site'],
    ['-1', 400, 'is not the number of a site'],
  ])('answer for site %s with %i and a sentence', async (site, status, sentence) => {
    const answer = await get(`/sites/${site}/dicom-web/studies`);
    expect([answer.status, (answer.body as { detail: string }).detail]).toEqual([
      status,
      expect.stringContaining(sentence),
    ]);
    expect(asked).toEqual([]);
  });

  it('take nothing in: a store is for the root of this server', async () => {
    const answer = await request(app).post('/sites/1/dicom-web/studies').set('Content-Type', 'application/dicom');
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD, OPTIONS']);
    expect((await request(app).delete('/sites/1/dicom-web/studies/1/series/1/instances/1')).status).toBe(405);
    expect((await get('/sites/1/dicom-web/nothing')).status).toBe(404);
    expect((await get('/sites/1')).status).toBe(404);
  });

  it('can be read by pages of the listed origins, and by no other', async () => {
    const origin = 'https://viewer.example';
    const listed = createHttpApp({ ...parts(), config: { ...parts().config, CORS_ORIGINS: [origin] } });
    const asks = (Origin: string) => request(listed).get('/sites/1/dicom-web/studies').set({ Origin });
    expect((await asks(origin)).headers['access-control-allow-origin']).toBe(origin);
    expect((await asks('https://other.example')).headers['access-control-allow-origin']).not.toBe(
      'https://other.example',
    );
  });
});

describe('The site of a study', () => {
  it.each([
    ['get', '/ledger/studies/1.2/labels', 200],
    ['put', '/ledger/studies/1.2/labels/a', 204],
    ['delete', '/ledger/studies/1.2/labels/a', 204],
    ['post', '/ledger/instances/1.4/verify', 200],
  ] as const)('is that which is shown, or that of ?site=, for %s %s', async (method, path, status) => {
    expect((await request(app)[method](path)).status).toBe(status);
    expect((await request(app)[method](`${path}?site=3`)).status).toBe(status);
    expect(asked.map(({ siteId }) => siteId)).toEqual([undefined, 3]);
    expect((await request(app)[method](`${path}?site=2`)).status).toBe(404);
    expect((await request(app)[method](`${path}?site=`)).status).toBe(400);
  });

  it('stands with its name in the record of an instance', async () => {
    expect((await get('/ledger/instances/1.4')).status).toBe(404);
    expect((await get('/ledger/instances/1.4?site=3')).body).toMatchObject({ siteId: 3, site: 'Site 3' });
  });
});
