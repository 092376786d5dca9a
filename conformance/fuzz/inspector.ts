import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { image, object, part10, text } from '../../dist/dicom/part10/hand-made.js';
import { Find, require } from './allowed.mjs';
import { requireStatus } from './server.mjs';

const stored = { Accept: 'application/dicom; transfer-syntax=*' };
const patienceMs = 30_000;
const maxRssBytes = 1_000 * 1024 * 1024;
const pageSize = 1000;

const digestOf = (bytes) => createHash('sha256').update(bytes).digest('hex');
const valueOf = (item, tag) => item[tag]?.Value?.[0];

/** The payload of the only part of an answer, or the answer. */
function partOf({ headers, bytes }) {
  const boundary = /^multipart\/related.*boundary="?([^";]+)/.exec(headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) return bytes;
  return bytes.subarray(bytes.indexOf('\r\n\r\n') + 4, bytes.lastIndexOf(`\r\n--${boundary}`));
}

/**
 * Looks through the whole server, as often as it is called: it is healthy, stores and gives back a normal instance, has nothing
 * half stored, nothing in its spool and a bounded memory, and gives everything new in every form without failing.
 */
export function inspector(server) {
  const seen = new Set();
  let normal = 0;
  const { ask } = server;

  const storeNormal = async () => {
    const uid = `2.25.999${++normal}`;
    const elements = object(...image(2, 2), { tag: 0x7fe00010, vr: 'OW', value: Buffer.from([1, 2, 3, 4]) });
    const bytes = part10(elements.map((one) => (one.tag === 0x00080018 ? text(0x00080018, 'UI', uid) : one)));
    const answer = await ask({
      method: 'POST',
      path: '/dicom-web/studies',
      headers: { 'Content-Type': 'application/dicom' },
      body: bytes,
    });
    // Its File Meta names another instance: 202 with a warning.
    requireStatus(answer, [200, 202], 'A normal store');
    const got = await ask({ path: `/dicom-web/studies/1.2.3.5/series/1.2.3.6/instances/${uid}`, headers: stored });
    requireStatus(got, [200], 'A normal instance');
    const isThere = got.bytes.includes(bytes);
    require(isThere, 'A normal instance came back as other bytes.');
  };

  const everyInstance = async () => {
    const all = [];
    for (let offset = 0; ; offset += pageSize) {
      const page = await ask({ path: `/dicom-web/instances?limit=${pageSize}&offset=${offset}` });
      requireStatus(page, [200], 'QIDO of all instances');
      const items = JSON.parse(page.bytes);
      all.push(...items);
      if (items.length < pageSize) return all;
    }
  };

  const wholeOf = async (item) => {
    const [study, series, uid] = ['0020000D', '0020000E', '00080018'].map((tag) => valueOf(item, tag));
    const at = `/dicom-web/studies/${study}/series/${series}/instances/${uid}`;
    const record = await ask({ path: `/ledger/instances/${uid}` });
    requireStatus(record, [200], `The record of ${uid}`);
    const { sha256, state, mediaType } = JSON.parse(record.bytes);
    require(state === 'sealed', `${uid} is ${state}.`);
    const verified = await ask({ method: 'POST', path: `/ledger/instances/${uid}/verify` });
    requireStatus(verified, [200], `The verification of ${uid}`);
    require(JSON.parse(verified.bytes).problems.length === 0, `${uid} is not as it was announced: ${verified.bytes}`);
    const whole = await ask({ path: at, headers: stored });
    requireStatus(whole, [200], at);
    // An uploaded image comes as the object that it is shown as.
    const isFile = mediaType === 'application/dicom';
    const isSame = !isFile || (whole.bytes.length > 0 && sha256.endsWith(digestOf(partOf(whole))));
    require(isSame, `${uid} came back as other bytes.`);
    const metadata = await ask({ path: `${at}/metadata` });
    requireStatus(metadata, [200], `${at}/metadata`);
    const [json] = JSON.parse(metadata.bytes);
    require(valueOf(json, '00080018') === uid, `The metadata of ${uid} is of another instance.`);
    // 404 without pixels, 406 for what cannot be decoded, 501 for what is not rendered.
    const pixels = [200, 404, 406, 501];
    for (const [resource, allowed] of [
      ['/thumbnail', [200]],
      ['/rendered', pixels],
      ['/frames/1', pixels],
      ['/frames/1/rendered', pixels],
      ['?accept=application/dicom', [200, 406]],
    ])
      // A second frame that cannot be decoded ends an answer that has begun.
      requireStatus(await ask({ path: at + resource, mayBreakOff: true }), allowed, at + resource);
    const bulk = Object.values(json).find(({ BulkDataURI }) => BulkDataURI)?.BulkDataURI;
    if (bulk) requireStatus(await ask({ path: new URL(bulk).pathname }), [200, 404], bulk);
  };

  const settled = async (isSo, sentence) => {
    for (const until = Date.now() + patienceMs; !(await isSo());) {
      if (Date.now() > until) throw new Find(sentence());
      await delay(200);
    }
  };

  return async () => {
    server.requireAlive();
    for (const probe of ['/healthz', '/readyz']) requireStatus(await ask({ path: probe }), [200], probe);
    await storeNormal();
    let items = [];
    const waiting = () =>
      items.filter((item) => valueOf(item, '00080056') !== 'ONLINE').map((item) => valueOf(item, '00080018'));
    await settled(
      async () => {
        items = await everyInstance();
        return waiting().length === 0;
      },
      () => `Announced and not sealed: ${waiting().slice(0, 5).join(', ')}.`,
    );
    const spool = () => readdirSync(path.join(server.dataFolder, 'spool'));
    await settled(
      () => spool().length === 0,
      () => `The spool still has ${spool().join(', ')}.`,
    );
    const finds = [];
    for (const item of items) {
      const uid = valueOf(item, '00080018');
      if (seen.has(uid)) continue;
      seen.add(uid);
      await wholeOf(item).catch((error) => finds.push(error));
    }
    const rssBytes = server.rssBytes();
    require(rssBytes <= maxRssBytes, `The server takes ${rssBytes} bytes of memory, more than ${maxRssBytes}.`);
    server.requireAlive();
    if (finds.length > 0)
      throw new Find(
        finds
          .map((find) => find.message)
          .slice(0, 10)
          .join('\n'),
        { cause: finds[0] },
      );
  };
}
