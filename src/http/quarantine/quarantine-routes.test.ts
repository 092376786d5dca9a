import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import request from 'supertest';
import type { Principal } from '../../access/principal.js';
import { whoever } from '../../access/testing/whoever.js';
import type { Archive, QuarantinedAnnouncement, RetiredHour, Review, UidConflict } from '../../archive/archive.js';
import { createHttpApp } from '../create-http-app.js';
import { httpPartsOver } from '../testing/http-app-over.js';
import { REASONS } from './reasons.js';

const HOUR = Date.parse('2026-11-27T13:00:00Z') / 1000;
const keyOf = (n: number): string => n.toString(16).padStart(64, '0');
const image = (id: number, over: Partial<QuarantinedAnnouncement> = {}): QuarantinedAnnouncement => ({
  id,
  siteId: 2,
  contract: '0xcc',
  imageId: `0x${keyOf(id + 1000)}`,
  contentKey: keyOf(id),
  reason: 'patient-key',
  detail: 'The key is of <another> patient.',
  state: 'sealed',
  announcedAt: HOUR + id,
  StudyInstanceUID: `1.2.${id}`,
  SOPInstanceUID: `1.2.${id}.1.1`,
  isRefused: false,
  ...over,
});
const conflict = (uid: string, level: UidConflict['level'] = 'study'): UidConflict => ({
  level,
  uid,
  sites: [
    { siteId: 1, isShown: true, isAddition: false, instanceCount: 5 },
    { siteId: 2, isShown: false, isAddition: true, instanceCount: 1 },
  ],
});

let images: QuarantinedAnnouncement[];
let conflicts: UidConflict[];
let hours: RetiredHour[];
let principal: Principal;
const decide = jest.fn<Review['decide']>();
const decideRetirements = jest.fn<Review['decideRetirements']>();
beforeEach(() => {
  images = [image(3, { StudyInstanceUID: undefined, SOPInstanceUID: undefined, reason: 'unreadable' }), image(2)];
  conflicts = [conflict('1.5'), conflict('1.6', 'instance')];
  hours = [{ siteId: 2, hour: HOUR, count: 1234, decision: 'held' }];
  principal = whoever({ issuer: 'https://idp', subject: 'u-1' });
  decide.mockImplementation(async (contentKey) => images.some((one) => one.contentKey === contentKey));
  decideRetirements.mockImplementation(async ({ hour }) => hour === HOUR);
});
afterEach(() => void jest.clearAllMocks());

/** What of a page a catalogue would give. */
const review: Review = {
  quarantined: async ({ limit, before = Infinity, siteId }) =>
    images.filter((one) => one.id < before && (siteId ?? one.siteId) === one.siteId).slice(0, limit),
  conflicts: async ({ limit, after }) =>
    conflicts.slice(after ? conflicts.findIndex(({ uid }) => uid === after.uid) + 1 : 0).slice(0, limit),
  massRetirements: async () => hours,
  decide,
  decideRetirements,
  counts: async () => ({
    ...{
      waiting: 1001,
      unverified: 1,
      locked: [],
      oldestUnverifiedSeconds: 5,
      quarantined: 2,
      conflicts: 2,
      heldRetirements: 1,
      mixedStudies: 0,
    },
    ...{ readingSeconds: 0, verifyingSeconds: 0 },
  }),
};
const sites = async () => [
  { siteId: 1, name: 'North', isOwn: true },
  { siteId: 2, name: 'South <b>', isOwn: false },
];
const archive: Archive = { sites, review, seenBy: () => archive } as unknown as Archive;
const app = createHttpApp({
  ...httpPartsOver(archive, { publicUrl: 'https://pacs.example' }),
  authenticate: async () => principal,
});
const get = (path: string) => request(app).get(path);

describe('GET /ledger/quarantine', () => {
  it('has each with its reason, its site and its times, the newest first', async () => {
    const answer = await get('/ledger/quarantine');
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(answer.body).toEqual({
      quarantined: [
        expect.objectContaining({ position: 3, reason: 'unreadable', StudyInstanceUID: null, SOPInstanceUID: null }),
        {
          position: 2,
          siteId: 2,
          site: 'South <b>',
          contract: '0xcc',
          imageId: `0x${keyOf(1002)}`,
          contentKey: keyOf(2),
          reason: 'patient-key',
          detail: 'The key is of <another> patient.',
          state: 'sealed',
          announcedAt: '2026-11-27T13:00:02.000Z',
          StudyInstanceUID: '1.2.2',
          SOPInstanceUID: '1.2.2.1.1',
          isRefused: false,
        },
      ],
    });
  });

  it('leads from page to page, each row once', async () => {
    images = [9, 8, 7, 6, 5].map((id) => image(id, { siteId: id === 8 ? 3 : 2 }));
    const seen: number[] = [];
    let path: string | undefined = '/ledger/quarantine?limit=2&site=2';
    for (let pages = 0; path !== undefined && pages < 9; pages++) {
      const { quarantined, next } = (await get(path)).body as { quarantined: { position: number }[]; next?: string };
      expect(quarantined.length).toBeLessThanOrEqual(2);
      seen.push(...quarantined.map(({ position }) => position));
      path = next;
    }
    expect(seen).toEqual([9, 7, 6, 5]);
  });

  it.each(['limit=0', 'limit=x', 'before=-1', 'before=1e3', 'before=9007199254740993', 'site=0', 'site=x'])(
    'answers ?%s with 400',
    async (query) => {
      expect((await get(`/ledger/quarantine?${query}`)).status).toBe(400);
    },
  );

  it('asks for at most 1,000 and one more', async () => {
    const quarantined = jest.spyOn(review, 'quarantined');
    await get('/ledger/quarantine?limit=999999');
    expect(quarantined).toHaveBeenCalledWith({ limit: 1001 });
  });
});

describe('GET /ledger/conflicts', () => {
  it('says who is shown, and where the others are', async () => {
    const { body } = (await get('/ledger/conflicts')) as { body: { conflicts: object[] } };
    expect(body.conflicts[0]).toEqual({
      level: 'study',
      uid: '1.5',
      sites: [
        {
          siteId: 1,
          site: 'North',
          isShown: true,
          isAddition: false,
          instanceCount: 5,
          url: 'https://pacs.example/sites/1/dicom-web/studies?StudyInstanceUID=1.5',
        },
        {
          siteId: 2,
          site: 'South <b>',
          isShown: false,
          isAddition: true,
          instanceCount: 1,
          url: 'https://pacs.example/sites/2/dicom-web/studies?StudyInstanceUID=1.5',
        },
      ],
    });
    expect(body.conflicts[1]).toMatchObject({
      sites: [{ url: 'https://pacs.example/sites/1/dicom-web/instances?SOPInstanceUID=1.6' }, {}],
    });
  });

  it('leads from page to page', async () => {
    const first = (await get('/ledger/conflicts?limit=1')).body as { conflicts: object[]; next: string };
    expect(first.conflicts).toMatchObject([{ uid: '1.5' }]);
    const second = (await get(first.next)).body as { conflicts: object[]; next?: string };
    expect(second).toMatchObject({ conflicts: [{ uid: '1.6' }] });
    expect(second.next).toBeUndefined();
  });

  it.each(['after=1.5', 'after=series:1.5', 'after=study:x', `after=study:${'1'.repeat(65)}`, 'limit=-1'])(
    'answers ?%s with 400',
    async (query) => {
      expect((await get(`/ledger/conflicts?${query}`)).status).toBe(400);
    },
  );
});

describe('GET /ledger/retirements', () => {
  it('has the hours with their beginnings', async () => {
    expect((await get('/ledger/retirements')).body).toEqual({
      retirements: [
        {
          siteId: 2,
          site: 'South <b>',
          hour: HOUR,
          from: '2026-11-27T13:00:00.000Z',
          count: 1234,
          decision: 'held',
        },
      ],
    });
  });
});

describe('Decisions', () => {
  it.each([
    ['release', 'released'],
    ['refuse', 'refused'],
  ] as const)('%s an image, with who has done so', async (verb, kind) => {
    expect((await request(app).post(`/ledger/quarantine/${keyOf(2)}/${verb}`)).status).toBe(204);
    expect(decide.mock.calls).toEqual([[keyOf(2), { kind, by: 'https://idp u-1' }]]);
  });

  it.each([
    ['accept', 'accepted'],
    ['refuse', 'refused'],
  ] as const)('%s the retirements of an hour, with who has done so', async (verb, kind) => {
    expect((await request(app).post(`/ledger/retirements/2/${HOUR}/${verb}`)).status).toBe(204);
    expect(decideRetirements.mock.calls).toEqual([
      [
        { siteId: 2, hour: HOUR },
        { kind, by: 'https://idp u-1' },
      ],
    ]);
  });

  it.each([
    [`/ledger/quarantine/${keyOf(7)}/release`, 404],
    ['/ledger/quarantine/abc/release', 400],
    [`/ledger/quarantine/${keyOf(2).toUpperCase().replace('0', 'G')}/refuse`, 400],
    [`/ledger/retirements/2/${HOUR + 3600}/accept`, 404],
    [`/ledger/retirements/2/${HOUR + 1}/accept`, 400],
    ['/ledger/retirements/2/noon/refuse', 400],
    [`/ledger/retirements/0/${HOUR}/refuse`, 400],
  ])('answer %s with %i', async (path, status) => {
    expect((await request(app).post(path)).status).toBe(status);
  });

  it('lead a form back to the page, and are refused to a page of another origin', async () => {
    const post = (site: string) =>
      request(app)
        .post(`/ledger/quarantine/${keyOf(2)}/release`)
        .type('form')
        .set({ 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': 'navigate' });
    const done = await post('same-origin');
    expect([done.status, done.headers['location']]).toEqual([303, '/quarantine']);
    expect((await post('cross-site')).status).toBe(403);
    expect(decide).toHaveBeenCalledTimes(1);
  });
});

describe('The page of the quarantine', () => {
  const words = async (path = '/quarantine'): Promise<string> => {
    const { status, text } = await get(path);
    expect(status).toBe(200);
    expect(text).not.toMatch(/<script|<another>|South <b>/);
    return text
      .replace(/<[^>]+>/g, ' ')
      .replace(/&#(\d+);/g, (_all, code) => String.fromCharCode(Number(code)))
      .replace(/\s+/g, ' ');
  };

  it('says what is there, why and of whom', async () => {
    const page = await words();
    for (const part of [
      '1,001 announcements',
      '1 image of other sites',
      `South <b> (site 2) ${REASONS['patient-key']} The key is of <another> patient. sealed 1.2.2 Release Refuse`,
      '2026-11-27 13:00 UTC South <b> (site 2) 1,234 held: the images are still shown Accept Refuse',
      '1.5 study North (site 1) : 5 images South <b> (site 2) : 1 image',
    ])
      expect(page).toContain(part);
  });

  it('offers what is not done yet, by forms of this server', async () => {
    images = [image(2, { isRefused: true })];
    hours = [{ siteId: 2, hour: HOUR, count: 7, decision: 'refused' }];
    const { text } = await get('/quarantine');
    expect([...text.matchAll(/<form method="post" action="([^"]+)"><button>/g)].map(([, path]) => path)).toEqual(
      expect.arrayContaining([`/ledger/quarantine/${keyOf(2)}/release`, `/ledger/retirements/2/${HOUR}/accept`]),
    );
    expect(text).not.toMatch(/action="[^"]*\/refuse"/);
    expect(text).toContain('href="/sites/2/dicom-web/studies?StudyInstanceUID=1.5"');
  });

  it('says that there is nothing', async () => {
    [images, hours, conflicts] = [[], [], []];
    const page = await words();
    for (const part of ['Nothing is in quarantine.', 'No two sites have one UID.', 'No site has retired many'])
      expect(page).toContain(part);
  });

  it('has further pages of what does not fit', async () => {
    images = Array.from({ length: 51 }, (_, i) => image(100 - i));
    const { text } = await get('/quarantine');
    expect([text.includes(keyOf(51)), text.includes(keyOf(50))]).toEqual([true, false]);
    expect(text).toContain('href="/quarantine?before=51"');
    expect((await get('/quarantine?before=51')).text).toContain(keyOf(50));
  });
});

describe('What is of all studies', () => {
  const paths: ['get' | 'post', string][] = [
    ['get', '/ledger/quarantine'],
    ['get', '/ledger/conflicts'],
    ['get', '/ledger/retirements'],
    ['get', '/quarantine'],
    ['post', `/ledger/quarantine/${keyOf(2)}/release`],
    ['post', `/ledger/retirements/2/${HOUR}/accept`],
  ];

  it.each(paths)('is refused to one who sees a part: %s %s', async (method, path) => {
    principal = whoever({ sees: { labels: ['trial'] } });
    const { status, text } = await request(app)[method](path);
    expect([status, text.includes('sees a part'), text.includes('1.2.2')]).toEqual([403, true, false]);
    expect(decide).not.toHaveBeenCalled();
    expect(decideRetirements).not.toHaveBeenCalled();
  });
});
