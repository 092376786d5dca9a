import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import request from 'supertest';
import { until } from '../base/testing/until.js';
import { openArchive, type OpenArchive } from '../archive/open-archive.js';
import { createProgress } from '../archive/project/progress.js';
import { startFollowing } from '../archive/testing/start-following.js';
import { openCommitmentRequests } from '../archive/commitment/commitment-requests.js';
import { openAcceptances } from '../archive/store/acceptances.js';
import { openSpool } from '../archive/store/spool.js';
import type { StoreOptions } from '../archive/store/store.js';
import { eventMaker, OWN_SITE, testPseudonyms } from '../archive/testing/event-maker.js';
import { slice } from '../archive/testing/parts.js';
import type { Catalog } from '../catalog/catalog.js';
import { openTestCatalog } from '../catalog/testing/open-test-catalog.js';
import { openContentVerifier } from '../dicom/verify/open-content-verifier.js';
import { openHeaderReader } from '../dicom/metadata/open-header-reader.js';
import type { PictureWorkers } from '../dicom/render/picture-workers.js';
import { LedgerError } from '../base/errors.js';
import type { ChainStep, FollowOptions, Ledger } from '../ledger/ledger.js';
import { silentLog } from '../base/log.js';
import { openExtentCache } from '../pieces/extent-cache.js';
import { httpAppOver } from './testing/http-app-over.js';
import { createMadeCache } from '../archive/retrieve/made-cache.js';
import { noSecrets } from '../archive/testing/no-secrets.js';
import { nameByPseudonyms } from '../archive/store/name-by-pseudonyms.js';

const study = '/dicom-web/studies/1.2.3.5';
const pathOf = (uid: string): string => `${study}/series/1.2.3.6/instances/${uid}`;
const [cached, elsewhere] = ['1.2.7', '1.2.8'];
const never = new Promise<never>(() => undefined);
const noNode = async (): Promise<never> => {
  throw new LedgerError('unavailable', 'No node of the chain answers.', { retryable: true });
};

/** A chain that has gone: questions are refused, what was sent stays unanswered. */
const ledger = {
  siteId: OWN_SITE,
  sites: async () => [{ siteId: OWN_SITE, name: 'here' }],
  depths: { sealed: 2, final: 3, kept: 3 },
  store: () => never,
  retire: () => never,
  readPieces: noNode,
  readBody: noNode,
  isHeldTwice: noNode,
  health: async () => ({ alarms: [{ code: 'no-node', sentence: 'No node answers.', stopsStoring: true }] }),
} as unknown as Ledger;

const contents = openContentVerifier();
let folder: string;
let catalog: Catalog;
const archives: OpenArchive[] = [];
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'dicom-ledger-no-node-'));
  catalog = openTestCatalog({ file: path.join(folder, 'catalog') });
  const maker = eventMaker();
  const events = [
    await maker.announced(cached, 0),
    await maker.announced(elsewhere, 1),
    maker.sealed(cached, 2),
    maker.sealed(elsewhere, 3),
  ];
  const block = { number: 1n, hash: '0x1' as const };
  const chain = {
    ...maker.ledger,
    follow: async function* ({ signal }: FollowOptions): AsyncGenerator<ChainStep> {
      yield { kind: 'block', block, parentHash: '0x0', timestamp: 1_700_000_000n, events };
      if (!signal.aborted) await once(signal, 'abort');
    },
  };
  const headers = openHeaderReader({ maxBytes: 100_000 });
  const following = startFollowing({ ledger: chain, catalog, headers });
  await following.progress.until(() => following.progress.head);
  await following.close();
  await headers.close();
  const cache = await openExtentCache({ folder: path.join(folder, 'cache'), maxBytes: 1_000_000 });
  const file = slice({ SOPInstanceUID: cached });
  cache.spare((await catalog.seenBy('everything').instance(cached))!, 0, file);
  await cache.written();
});
afterAll(async () => {
  for (const archive of archives) await archive.close();
  await contents.close();
  await catalog.close();
  await rm(folder, { recursive: true });
});

/** A server on that chain, with a spool of its own. */
async function server(acknowledge: StoreOptions['acknowledge'] = 'sealed') {
  const own = await mkdtemp(path.join(folder, 'own-'));
  const progress = createProgress();
  progress.advance({ number: 1n, hash: '0x1' });
  const archive = openArchive(
    {
      ledger,
      catalog,
      projection: catalog.projection,
      secrets: noSecrets,
      naming: nameByPseudonyms({ pseudonyms: testPseudonyms, projection: catalog.projection }),
      progress,
      raiseAlarm: () => undefined,
      // What this site has stored needs neither.
      reader: { spentMs: 0 },
      made: createMadeCache(),
      contents,
      verifier: { spentMs: 0, require: noNode },
      cache: await openExtentCache({ folder: path.join(folder, 'cache'), maxBytes: 1_000_000 }),
      spool: await openSpool({ folder: path.join(own, 'spool'), maxInstanceBytes: 10_000, minFreeBytes: 0 }),
      acceptances: await openAcceptances({ folder: path.join(own, 'receipts') }),
      commitmentRequests: await openCommitmentRequests({ folder: path.join(own, 'commitments') }),
      pictures: { preview: async () => Buffer.alloc(0) } as unknown as PictureWorkers,
      log: silentLog,
    },
    {
      acknowledge,
      windowBytes: 1_000_000,
      patientIdIssuer: '',
      maxHeaderBytes: 100_000,
      compresses: false,
      chainWait: { graceMs: acknowledge === 'accepted' ? 60_000 : 0, checkMs: 5 },
    },
  );
  archives.push(archive);
  const app = httpAppOver(archive, { publicUrl: 'http://h', maxInstanceBytes: 10_000 });
  const store = (file: Buffer) =>
    request(app).post('/dicom-web/studies').set('Content-Type', 'application/dicom').send(file);
  return { app, store, spooled: () => readdir(path.join(own, 'spool')) };
}

describe('With no node of the chain', () => {
  it('searches, metadata, thumbnails and records go on', async () => {
    const { app } = await server();
    for (const uid of [cached, elsewhere]) {
      for (const what of ['metadata', 'thumbnail']) {
        const { status } = await request(app)
          .get(`${pathOf(uid)}/${what}`)
          .set('Accept', '*/*');
        expect([what, status]).toEqual([what, 200]);
      }
      expect((await request(app).get(`/ledger/instances/${uid}`)).status).toBe(200);
    }
    expect((await request(app).get('/dicom-web/instances')).body).toHaveLength(2);
  });

  it('what is in the cache is given whole', async () => {
    const { app } = await server();
    const answer = await request(app)
      .get(pathOf(cached))
      .set('Accept', 'application/dicom; transfer-syntax=*')
      .responseType('blob');
    expect([answer.status, answer.body]).toEqual([200, slice({ SOPInstanceUID: cached })]);
  });

  it.each([
    ['instance', 'get', pathOf(elsewhere), 'application/dicom; transfer-syntax=*'],
    ['frame', 'get', `${pathOf(elsewhere)}/frames/1`, 'application/octet-stream; transfer-syntax=*'],
    ['verification', 'post', `/ledger/instances/${elsewhere}/verify`, 'application/json'],
    ['retirement', 'delete', pathOf(elsewhere), 'application/json'],
  ] as const)('%s is 503 with Retry-After', async (_name, method, url, accept) => {
    const { app } = await server();
    const { status, headers } = await request(app)[method](url).set('Accept', accept);
    expect([status, headers['content-type']]).toEqual([503, 'application/problem+json']);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  });

  it('a store is answered 503 and kept, and so is its repetition', async () => {
    const { store, spooled } = await server();
    const file = slice({ SOPInstanceUID: '1.2.9' });
    for (let i = 0; i < 2; i++) {
      const { status, headers } = await store(file);
      expect([status, Number(headers['retry-after']) > 0]).toEqual([503, true]);
      // Without any patience the answer may come before the repetition is seen to be one.
      await until('one part in the spool', async () => (await spooled()).length === 1);
    }
  });

  it('with STORE_ACK=accepted, a store is answered at once, and its receipt says where it is', async () => {
    const { app, store, spooled } = await server('accepted');
    const { status, headers } = await store(slice({ SOPInstanceUID: '1.2.9' }));
    expect([status, await spooled()]).toEqual([200, [expect.stringMatching(/\.part$/)]]);
    const url = /^<http:\/\/h(\/ledger\/receipts\/[0-9a-f-]+)>; rel="status"$/.exec(headers['link'] as string)?.[1];
    const receipt = await request(app).get(url!);
    expect(receipt.body).toMatchObject({ instances: [{ SOPInstanceUID: '1.2.9', state: 'accepted' }] });
  });
});
