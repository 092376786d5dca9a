import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { image, object, part10, text } from '../../src/dicom/testing/hand-made.js';
import { type DataSet, storedSingle } from '../testing/dicomweb-client.js';
import { requireWhole } from './require-whole.js';
import { Find, requireThat } from './find.js';
import type { FuzzedServer } from './fuzzed-server.js';
import { requireStatus } from './require-status.js';

const PATIENCE_MS = 30_000;
const PAUSE_MS = 200;
const MAX_RSS_BYTES = 1_000 * 1024 * 1024;
const PAGE_SIZE = 1000;
const SHOWN_FINDS = 10;

/**
 * What looks through the whole server, as often as it is called: it is healthy, stores and gives back a normal instance, has nothing
 * half stored, nothing in its spool and a bounded memory, and gives everything new in every form without failing.
 */
export function createInspector(server: FuzzedServer): () => Promise<void> {
  const seen = new Set<string>();
  let normal = 0;

  return async () => {
    server.requireAlive();
    for (const probe of ['/healthz', '/readyz']) requireStatus(await server.ask({ path: probe }), [200], probe);
    await storeNormal(server, `2.25.999${++normal}`);
    const items = await allSealed(server);
    const spool = (): string[] => readdirSync(path.join(server.dataFolder, 'spool'));
    await settled(
      () => spool().length === 0,
      () => `The spool still has ${spool().join(', ')}.`,
    );
    const finds: Error[] = [];
    for (const item of items) {
      const uid = uidOf(item);
      if (seen.has(uid)) continue;
      seen.add(uid);
      await requireWhole(server, item).catch((error: Error) => finds.push(error));
    }
    const rssBytes = server.rssBytes();
    requireThat(rssBytes <= MAX_RSS_BYTES, `The server takes ${rssBytes} bytes of memory, more than ${MAX_RSS_BYTES}.`);
    server.requireAlive();
    if (finds.length === 0) return;
    const sentences = finds.map(({ message }) => message).slice(0, SHOWN_FINDS);
    throw new Find(sentences.join('\n'), { cause: finds[0] });
  };
}

const uidOf = (item: DataSet): string => item['00080018']?.Value?.[0] as string;

async function storeNormal({ ask }: FuzzedServer, uid: string): Promise<void> {
  const elements = object(...image(2, 2), { tag: 0x7fe00010, vr: 'OW', value: Buffer.from([1, 2, 3, 4]) });
  const bytes = part10(elements.map((one) => (one.tag === 0x00080018 ? text(0x00080018, 'UI', uid) : one)));
  const headers = { 'Content-Type': 'application/dicom' };
  const answer = await ask({ method: 'POST', path: '/dicom-web/studies', headers, body: bytes });
  // Its File Meta names another instance: 202 with a warning.
  requireStatus(answer, [200, 202], 'A normal store');
  const got = await ask({
    path: `/dicom-web/studies/1.2.3.5/series/1.2.3.6/instances/${uid}`,
    headers: { Accept: storedSingle },
  });
  requireStatus(got, [200], 'A normal instance');
  requireThat(got.bytes.includes(bytes), 'A normal instance came back as other bytes.');
}

/** What QIDO-RS says of all instances, once all of them are sealed. */
async function allSealed(server: FuzzedServer): Promise<DataSet[]> {
  let items: DataSet[] = [];
  const waiting = (): string[] => items.filter((item) => item['00080056']?.Value?.[0] !== 'ONLINE').map(uidOf);
  await settled(
    async () => {
      items = await everyInstance(server);
      return waiting().length === 0;
    },
    () => `Announced and not sealed: ${waiting().slice(0, 5).join(', ')}.`,
  );
  return items;
}

async function everyInstance({ ask }: FuzzedServer): Promise<DataSet[]> {
  const all: DataSet[] = [];
  for (let offset = 0; ; offset += PAGE_SIZE) {
    const page = await ask({ path: `/dicom-web/instances?limit=${PAGE_SIZE}&offset=${offset}` });
    requireStatus(page, [200], 'QIDO of all instances');
    const items = JSON.parse(page.bytes.toString()) as DataSet[];
    all.push(...items);
    if (items.length < PAGE_SIZE) return all;
  }
}

/** Resolves once `isSo`; after 30 s it rejects with a Find, which says what is left. What `isSo` throws is a find at once. */
async function settled(isSo: () => boolean | Promise<boolean>, sentence: () => string): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !(await isSo());) {
    if (Date.now() > end) throw new Find(sentence());
    await delay(PAUSE_MS);
  }
}
