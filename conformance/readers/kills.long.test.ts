import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../src/base/testing/until.js';
import { askAfresh, type Answered, type Asking } from '../testing/ask-afresh.js';
import { childrenOf } from '../testing/children-of.js';
import { instancePath, sha256 } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';

/** `KILLS=20` for a long run. */
const KILLS = Number(process.env['KILLS'] ?? 3);
/** With one more within a minute, the server would do without readers. */
const KILLS_A_MINUTE = 4;
const READING = 12;
const STORING = 4;

const [study, series] = [newUid(), newUid()];

interface Stored {
  url: string;
  digest: string;
  frameDigest: string;
}

describe('A server whose readers are killed while 16 clients read and store', () => {
  const acknowledged: Stored[] = [];
  const wrong: string[] = [];
  let server: RunningServer;
  let [reads, brokenOff] = [0, 0];
  let isOver = false;
  beforeAll(async () => {
    server = await startServer({ env: { READERS: '2', CACHE_BYTES: '4000000' } });
  });
  afterAll(() => server.stop());

  /** Undefined for a connection that has ended, which is all that a kill may do. */
  const ask = async (url: string, { headers, ...asking }: Asking): Promise<Answered | undefined> => {
    const asked = askAfresh(`${server.url}${url}`, { headers: { ...server.authorization, ...headers }, ...asking });
    const answer = await asked.catch(() => undefined);
    if (answer === undefined) brokenOff++;
    return answer;
  };
  async function read({ url, digest, frameDigest }: Stored, what: 'instance' | 'frame'): Promise<void> {
    const isFrame = what === 'frame';
    const Accept = `${isFrame ? 'application/octet-stream' : 'application/dicom'}; transfer-syntax=*`;
    const answer = await ask(isFrame ? `${url}/frames/1` : url, { headers: { Accept } });
    if (answer === undefined) return;
    reads++;
    const isRight = sha256(answer.body) === (isFrame ? frameDigest : digest);
    if (answer.status !== 200 || !isRight) wrong.push(`${what} of ${url}: HTTP ${answer.status}`);
  }
  async function store(number: number): Promise<void> {
    const instance = newUid();
    const uids = { StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: instance };
    const size = 100 + (number % 7) * 50;
    const file = ctSlice(uids, { size });
    file.writeUInt32LE(number, file.length - 4);
    const headers = { 'Content-Type': 'application/dicom' };
    const answer = await ask('/dicom-web/studies', { method: 'POST', headers, body: file });
    const digests = { digest: sha256(file), frameDigest: sha256(file.subarray(-2 * size * size)) };
    if (answer?.status === 200) acknowledged.push({ url: instancePath({ study, series, instance }), ...digests });
    else if (answer !== undefined) wrong.push(`A store: HTTP ${answer.status}`);
  }

  it(
    'loses nothing, gives no wrong byte, and has all its readers again',
    async () => {
      const clients = [
        ...Array.from({ length: STORING }, async (_, client) => {
          for (let turn = 0; !isOver; turn++) {
            await store(turn * STORING + client);
            // As much as can be looked at in the end.
            while (acknowledged.length > 60 * KILLS && !isOver) await delay(10);
          }
        }),
        ...Array.from({ length: READING }, async (_, client) => {
          for (let turn = client; !isOver; turn++) {
            const stored = acknowledged[(turn * 31) % Math.max(1, acknowledged.length)];
            if (stored) await read(stored, turn % 2 === 0 ? 'frame' : 'instance');
            else await delay(1);
          }
        }),
      ];
      const killedAt: number[] = [];
      while (killedAt.length < KILLS) {
        const before = reads;
        await until('reads', () => reads > before + 50);
        await until('two readers', () => takingConnections() === 2 + killedAt.length);
        const last = killedAt.at(-KILLS_A_MINUTE) ?? 0;
        await delay(Math.max(0, last + 61_000 - Date.now()) + Math.random() * 200);
        const readers = childrenOf(server.pid);
        process.kill(readers[Math.floor(Math.random() * readers.length)]!, 'SIGKILL');
        killedAt.push(Date.now());
        expect(wrong).toEqual([]);
      }
      isOver = true;
      await Promise.all(clients);
      await until('all readers', () => takingConnections() === 2 + KILLS);
      expect(childrenOf(server.pid)).toHaveLength(2);
      expect(brokenOff).toBeGreaterThan(0);
      brokenOff = 0;
      for (const stored of acknowledged) for (const what of ['instance', 'frame'] as const) await read(stored, what);
      expect({ wrong, brokenOff }).toEqual({ wrong: [], brokenOff: 0 });
    },
    Math.max(240_000, KILLS * 30_000),
  );

  const takingConnections = (): number => server.output().split('"A reader takes connections."').length - 1;
});
