import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { bytesOf, get, instancePath, storedSingle, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { newWorkitem } from '../worklist/testing/new-workitem.js';

/** The table of what lies in the clear in `DATA_DIR`: entry, names and IDs of patients, UIDs, pictures. */
const DOCUMENT = 'docs/operations/keys.md';
const CANARY = 'Kanarienvogel';
const PATIENT = { PatientName: [{ Alphabetic: `${CANARY}^Erika` }], PatientID: `${CANARY}-1`, AccessionNumber: CANARY };
/** What the pixels of the images are made of, and, later, the thumbnail of one. */
const pictures: Buffer[] = [Buffer.from('zwitschert')];

const dataFolder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-plaintext-'));
const newIds = () => ({ study: newUid(), series: newUid(), instance: newUid() });
const [stored, waiting] = [newIds(), newIds()];

function fileOf(ids: typeof stored): Buffer {
  const uids = { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance };
  const [size, bytes] = [100, 20_000];
  const file = ctSlice({ ...PATIENT, ...uids }, { size });
  file.fill(pictures[0]!, file.length - bytes);
  return file;
}

let server: RunningServer;

async function send(method: string, target: string, body?: object, type = 'application/json'): Promise<void> {
  const sent = body && { headers: { 'Content-Type': type }, body: JSON.stringify(body) };
  const answer = await fetch(`${server.url}${target}`, { method, ...sent });
  expect([target, answer.ok]).toEqual([target, true]);
}

/** Everything that a site can have of an image and its patient; in the end one image is stored that no block has. */
beforeAll(async () => {
  server = await startServer({ dataFolder });
  expect((await stowSingle(server.url, fileOf(stored))).status).toBe(200);
  await bytesOf(await get(`${server.url}${instancePath(stored)}`, storedSingle));
  await bytesOf(await get(`${server.url}/dicom-web/studies?PatientID=${CANARY}-1`));
  pictures.push(await bytesOf(await get(`${server.url}${instancePath(stored)}/thumbnail`)));
  await send('PUT', `/ledger/studies/${stored.study}/labels/research`);
  await send('POST', '/access/links', { StudyInstanceUID: stored.study, hours: 1 });
  const workitem = newWorkitem({ '00100010': { vr: 'PN', Value: [{ Alphabetic: CANARY }] }, '0020000D': { vr: 'UI', Value: [stored.study] } }); // prettier-ignore
  await send('POST', `/dicom-web/workitems?${newUid()}`, workitem, 'application/dicom+json');
  const reference = { '00081150': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] }, '00081155': { vr: 'UI', Value: [stored.instance] } }; // prettier-ignore
  await send('POST', `/dicom-web/commitment-requests/${newUid()}`, { '00081199': { vr: 'SQ', Value: [reference] } }, 'application/dicom+json'); // prettier-ignore
  await server.stop();

  server = await startServer({ dataFolder, env: { STORE_ACK: 'accepted', EMBEDDED_PERIOD_MS: '600000' } });
  expect((await stowSingle(server.url, fileOf(waiting))).status).toBe(200);
  await until('a transaction in the outbox', () => readdirSync(path.join(dataFolder, 'outbox'), { recursive: true, encoding: 'utf8' }).some((name) => name.endsWith('.raw'))); // prettier-ignore
  await server.kill9();
});
afterAll(() => rmSync(dataFolder, { recursive: true, force: true }));

/** All of a file; of a database, which has long values in pieces, its values. */
function contentOf(file: string): Buffer {
  if (!file.endsWith('.sqlite')) return readFileSync(file);
  const db = new Database(file);
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'").raw().all() as [string][]; // prettier-ignore
  const values = tables.flatMap(([name]) => (db.prepare(`SELECT * FROM "${name}"`).raw().all() as unknown[][]).flat());
  db.close();
  return Buffer.concat(values.map((value) => (Buffer.isBuffer(value) ? value : Buffer.from(`${String(value)}\n`))));
}

/** Of each entry of `DATA_DIR`, whether names, UIDs and pictures stand in its files. */
function found(): Map<string, boolean[]> {
  const entries = new Map<string, boolean[]>();
  for (const name of readdirSync(dataFolder, { recursive: true, encoding: 'utf8' })) {
    const file = path.join(dataFolder, name);
    if (!statSync(file).isFile() || /-(wal|shm)$/.test(name)) continue;
    const entry = name.split(path.sep)[0]!;
    const bytes = contentOf(file);
    const uids = [...Object.values(stored), ...Object.values(waiting)];
    const has = [
      bytes.includes(CANARY),
      uids.some((uid) => bytes.includes(uid)),
      pictures.some((one) => bytes.includes(one)),
    ];
    const before = entries.get(entry) ?? [false, false, false];
    entries.set(
      entry,
      before.map((one, i) => one || has[i]!),
    );
  }
  return entries;
}

const documented = (): Map<string, boolean[]> =>
  new Map(
    [...readFileSync(DOCUMENT, 'utf8').matchAll(/^\| `([\w.]+)` +\| (yes|no) +\| (yes|no) +\| (yes|no) +\|/gm)].map(
      ([, entry, ...has]) => [entry!, has.map((word) => word === 'yes')],
    ),
  );

describe('What lies in the clear on the disk of a server', () => {
  const plain = (entries: Map<string, boolean[]>) => [...entries].filter(([, has]) => has.includes(true)).sort();

  it('is in the places that the table says, and in no other', () => {
    expect(plain(found())).toEqual(plain(documented()));
  });

  it('is nothing of the chain, and of what is sent to it', () => {
    const there = found();
    for (const entry of ['chain', 'outbox']) expect([entry, there.get(entry)]).toEqual([entry, [false, false, false]]);
  });
});
