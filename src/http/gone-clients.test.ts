import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Express } from 'express';
import sharp from 'sharp';
import type { Archive, FoundInstance } from '../archive/archive.js';
import { createMadeCache } from '../archive/retrieve/made-cache.js';
import { wholePayload } from '../archive/retrieve/payload.js';
import { bufferSource } from '../base/byte-source.js';
import { until } from '../base/testing/until.js';
import { deferred } from '../base/deferred.js';
import { openPictureWorkers } from '../dicom/render/picture-workers.js';
import { secondaryCapture } from '../dicom/upload/secondary-capture.js';
import { createHttpApp } from './create-http-app.js';
import { httpAppOver, httpPartsOver } from './testing/http-app-over.js';

const COUNT = 100_000;
const TEXT = JSON.stringify({ '00100010': { vr: 'PN', Value: [{ Alphabetic: 'x'.repeat(1000) }] } });
const found = Array.from({ length: COUNT }, (_, number) => ({
  ...{
    StudyInstanceUID: '1.2',
    SeriesInstanceUID: '1.3',
    SOPInstanceUID: `1.4.${number}`,
    mediaType: 'application/dicom',
  },
  ...{ transferSyntaxUID: '1.2.840.10008.1.2.1', sha256: String(number), state: 'sealed', isVerified: true, siteId: 1 },
  ...{ instance: {}, announcedAt: 1 },
})) as unknown as FoundInstance[];

describe('a client that goes away', () => {
  let server: http.Server;
  let made: number;
  let isEnded: boolean;
  beforeEach(() => {
    made = 0;
    isEnded = false;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  const listen = async (app: Express): Promise<void> => {
    server = http.createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
  };
  const ask = (path: string, headers: Record<string, string> = {}): http.ClientRequest => {
    const { port } = server.address() as AddressInfo;
    return http.get({ port, host: '127.0.0.1', path: `/dicom-web${path}`, headers }).on('error', () => undefined);
  };

  const archive = {
    attribute: () => undefined,
    canRepresent: () => true,
    fileAtHand: () => undefined,
    isOwn: () => true,
    instances: async () => found,
    metadata: async function* () {
      try {
        for (; made < COUNT; made++) yield TEXT;
      } finally {
        isEnded = true;
      }
    },
    open: async () => ({
      instance: async () => {
        made++;
        return {
          ...{ mediaType: 'application/dicom', byteCount: 100_000, etag: '' },
          open: async function* () {
            yield Buffer.alloc(100_000, made);
          },
        };
      },
    }),
  } as unknown as Archive;

  it.each([
    ['JSON', '/studies/1.2/metadata', { accept: 'application/dicom+json', 'accept-encoding': 'identity' }],
    ['JSON that is compressed', '/studies/1.2/metadata', { 'accept-encoding': 'gzip' }],
    ['XML', '/studies/1.2/metadata', { accept: 'multipart/related; type="application/dicom+xml"' }],
    ['a multipart', '/studies/1.2', { accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' }],
    ['a zip', '/studies/1.2', { accept: 'application/zip; transfer-syntax=*' }],
  ])('ends the making of %s', async (_name, path, headers) => {
    await listen(httpAppOver(archive));
    const asking = ask(path, headers);
    const [answer] = (await once(asking, 'response')) as [http.IncomingMessage];
    expect(answer.statusCode).toBe(200);
    const closed = until('the end of the connection', async () => (await connectionsOf(server)) === 0);
    asking.destroy();
    await closed;
    await until('an end of the work', () => settled(() => made));
    expect(made).toBeLessThan(COUNT);
    if (path.endsWith('metadata')) expect(isEnded).toBe(true);
  });

  it('ends its search', async () => {
    let signal: AbortSignal | undefined;
    const search: Archive['search'] = async (_query, options) => {
      signal = options?.signal;
      return new Promise(() => undefined);
    };
    await listen(httpAppOver({ attribute: () => undefined, search } as unknown as Archive));
    const asking = ask('/studies');
    await until('the search', () => signal !== undefined);
    expect(signal?.aborted).toBe(false);
    asking.destroy();
    await until('the end of the search', () => signal?.aborted);
  });

  it('is not searched for when it has gone before its turn', async () => {
    const turn = deferred<void>();
    let begun = 0;
    let searched = 0;
    const search: Archive['search'] = async () => {
      searched++;
      return { matches: [], remaining: 0 };
    };
    const parts = httpPartsOver({ attribute: () => undefined, search } as unknown as Archive);
    await listen(
      createHttpApp({
        ...parts,
        authenticate: async (request) => {
          begun++;
          await turn.promise;
          return parts.authenticate(request);
        },
      }),
    );
    const asking = ask('/studies');
    await until('the first request', () => begun === 1);
    asking.destroy();
    await until('the end of the connection', async () => (await connectionsOf(server)) === 0);
    const [answer] = await Promise.all([
      once(ask('/studies'), 'response'),
      until('the second', () => begun === 2).then(() => turn.resolve()),
    ]);
    expect((answer as [http.IncomingMessage])[0].statusCode).toBe(200);
    expect(searched).toBe(1);
  });
});

describe('a picture whose client goes away', () => {
  /** Pictures of one thread, each noted when its bytes are read; the first is read when `turn` resolves. */
  async function bed() {
    const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const scanned = await secondaryCapture(bufferSource(png), { mediaType: 'image/png', PatientID: 'P' });
    if (scanned.kind === 'refused') throw new Error(scanned.message);
    const { header } = scanned;
    const pictures = openPictureWorkers({ threads: 1, timeoutMs: 30_000 });
    const made = createMadeCache();
    const turn = deferred<void>();
    const begun: string[] = [];
    let asked = 0;
    const archive = {
      attribute: () => undefined,
      renderedTypes: () => ['image/jpeg'],
      instances: async ({ SOPInstanceUID }: { SOPInstanceUID: string }) => [
        { ...found[0]!, SOPInstanceUID, sha256: SOPInstanceUID },
      ],
      open: async ({ SOPInstanceUID: name }: FoundInstance) => ({
        rendered: async ({ mediaType }: { mediaType: 'image/jpeg' }) => {
          asked++;
          const source = {
            ...bufferSource(png),
            read: async (offset: number, byteCount: number) => {
              if (begun.at(-1) !== name) begun.push(name);
              await turn.promise;
              return png.subarray(offset, offset + byteCount);
            },
          };
          const picture = await made.get({ imageId: name, contentKey: '1' }, mediaType, async () => {
            const { bytes } = (await pictures.render(header, source, { mediaType }))!;
            return { bytes, isAnnotated: true };
          });
          return { ...wholePayload(picture.bytes, mediaType), isAnnotated: true };
        },
      }),
    } as unknown as Archive;
    const server = http.createServer(httpAppOver(archive)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ask = async (name: string): Promise<http.ClientRequest> => {
      const before = asked;
      const path = `/dicom-web/studies/1.2/series/1.3/instances/${name}/rendered`;
      const asking = http.get({ port, host: '127.0.0.1', path, agent: false }).on('error', () => undefined);
      await until(`the picture ${name}`, () => asked > before);
      return asking;
    };
    const close = async (): Promise<void> => {
      server.closeAllConnections();
      server.close();
      await pictures.close();
    };
    return { server, ask, begun, turn, close };
  }
  const statusOf = async (asking: http.ClientRequest): Promise<number | undefined> =>
    ((await once(asking, 'response')) as [http.IncomingMessage])[0].statusCode;

  it('is not begun, and the next one comes after what runs already', async () => {
    const { server, ask, begun, turn, close } = await bed();
    const first = await ask('1');
    await until('the first picture', () => begun.length === 1);
    const many: http.ClientRequest[] = [];
    for (let name = 2; name <= 20; name++) many.push(await ask(String(name)));
    for (const asking of many) asking.destroy();
    await until('the end of their connections', async () => (await connectionsOf(server)) === 1);
    const last = await ask('21');
    const statuses = Promise.all([statusOf(first), statusOf(last)]);
    turn.resolve();
    expect(await statuses).toEqual([200, 200]);
    expect(begun).toEqual(['1', '21']);
    await close();
  });

  it('is made for the other who waits for the same, and made anew for who comes later', async () => {
    const { server, ask, begun, turn, close } = await bed();
    const first = await ask('1');
    await until('the first picture', () => begun.length === 1);
    const [gone, stays, alone] = [await ask('2'), await ask('2'), await ask('3')];
    gone.destroy();
    alone.destroy();
    await until('the end of their connections', async () => (await connectionsOf(server)) === 2);
    const later = await ask('3');
    const statuses = Promise.all([first, stays, later].map(statusOf));
    turn.resolve();
    expect(await statuses).toEqual([200, 200, 200]);
    expect(begun).toEqual(['1', '2', '3']);
    await close();
  });
});

const connectionsOf = (server: http.Server): Promise<number> =>
  new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count))));

/** Whether a number has stayed the same over many turns. */
async function settled(look: () => number): Promise<boolean> {
  const before = look();
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  return look() === before;
}
