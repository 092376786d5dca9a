import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { createClientOf } from '../../../src/access/client-of.js';
import { createLog } from '../../../src/base/log.js';
import { errorOf, reportOf } from '../../../src/http/readers/hand-over.js';
import { openOwnerSocket } from '../../../src/http/readers/open-owner-socket.js';
import type { Choices } from '../choices.js';
import type { Door } from '../door.js';
import { requireThat, throwsNothing } from '../find.js';
import { mutateBytes } from '../mutate-bytes.js';

const SECRET = 'of this server';
const ASKED = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const clientOf = createClientOf({ TRUST_PROXY: [], BEHIND_TLS_PROXY: 'off' });
const FACTS = { remoteAddress: '192.0.2.7', remotePort: 4711, localPort: 443, encrypted: true, authorized: false };
const REPORT = { status: 200, sentBytes: 1000, end: 'failed', failure: { message: 'No.' }, headers: { etag: '"1"' } };
const HOSTILE = [null, '', -1, 1e99, 'x'.repeat(5000), [], {}, { length: 1 }, true, '\r\n', 'MIIB', 'any', '__proto__'];

/** What comes to the socket of readers, and what they report: nobody gets in without the secret, and nothing is thrown. */
export async function openReadersDoor(): Promise<Door> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-readers-door-'));
  let found: Error | undefined;
  const app = (request: IncomingMessage): void => {
    try {
      clientOf(request);
    } catch (error) {
      found = error as Error;
    }
  };
  const answered = (request: IncomingMessage, response: { end(text: string): unknown }): void => {
    app(request);
    response.end('met');
  };
  const owner = await openOwnerSocket(
    { app: answered, archive: answered, log: createLog('silent'), secret: SECRET },
    { folder: path.join(folder, 'readers') },
  );
  return {
    make: (random) => {
      const label = random.pick(['stranger', 'reader', 'report']);
      const bytes = label === 'report' ? changed(random, REPORT) : introduction(random, label);
      return { label, bytes: random.once(2) ? mutateBytes(random, bytes) : bytes };
    },
    run: async ({ label, bytes }) => {
      if (label === 'report') {
        const report = await throwsNothing(() => reportOf(bytes.toString('latin1')));
        if (report?.failure) await throwsNothing(() => errorOf(report.failure!).message.length);
        return;
      }
      const socket = connect(owner.path).on('error', () => undefined);
      socket.end(Buffer.concat([bytes, Buffer.from(`\n${ASKED}`)]));
      const answer = await text(socket).catch(() => '');
      await throwsNothing(() => {
        if (found !== undefined) throw found;
      });
      requireThat(bytes.includes(SECRET) || answer === '', 'Somebody was let in without the secret.');
    },
    close: async () => {
      await owner.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function introduction(random: Choices, label: string): Buffer {
  const secret = label === 'reader' ? SECRET : random.pick(['', 'of this serveR', null, [SECRET.slice(1)]]);
  const client = JSON.parse(changed(random, FACTS).toString()) as object;
  const kind = random.pick(['any', 'reading', 'archive']);
  return changed(random, { secret, kind, ...(random.once(4) ? {} : { client }) }, ['kind', 'client']);
}

/** JSON in which one value may be another one. */
function changed(random: Choices, of: object, names = Object.keys(of)): Buffer {
  const other = random.once(2) ? { [random.pick(names)]: random.pick(HOSTILE) } : {};
  return Buffer.from(JSON.stringify({ ...of, ...other }));
}
