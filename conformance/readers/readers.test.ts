// About 25 s.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { until } from '../../src/base/testing/until.js';
import { childrenOf } from '../testing/children-of.js';
import {
  bytesOf,
  get,
  type InstanceIds,
  instancePath,
  metric,
  sha256,
  storedSingle,
  stowSingle,
} from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';

const [study, series] = [newUid(), newUid()];
/** More than what lies between a server and a client that does not read. */
const large = instanceOf({ study: newUid(), series: newUid(), instance: newUid() }, { size: 3000 });
const slices = Array.from({ length: 6 }, (_, number) =>
  instanceOf({ study, series, instance: newUid() }, { size: 100 + number }),
);

function instanceOf(ids: InstanceIds, { size }: { size: number }) {
  const { study: StudyInstanceUID, series: SeriesInstanceUID, instance: SOPInstanceUID } = ids;
  const file = ctSlice({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID }, { size });
  return { file, url: instancePath(ids), digest: sha256(file) };
}

const isThere = (pid: number): boolean => {
  try {
    return !/^.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

/** The inodes of the connections that a process has (proc(5)). */
const socketsOf = (pid: number): string[] =>
  readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      return [];
    }
  });
/** Which of `pids` has the connection whose client's port is `port`. */
function answererOf(port: number, pids: readonly number[]): number | undefined {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const line = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .find((one) => one.trim().split(/\s+/)[2]?.endsWith(`:${hex}`));
  const inode = line?.trim().split(/\s+/)[9];
  return pids.find((pid) => inode !== undefined && socketsOf(pid).includes(inode));
}

/** Each goes to the reader that has the fewest: of so many, both have some. */
const CONNECTIONS = 6;
/** One connection, which is kept. */
const connection = (): Agent => new Agent({ keepAlive: true, maxSockets: 1 });
const over = (agent: Agent, url: string, headers: Record<string, string | undefined>): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
    request(url, { agent, headers: sent }).once('response', resolve).once('error', reject).end();
  });

describe('A server with two readers', () => {
  let server: RunningServer;
  /** A request has a connection of its own, so that readers take turns. */
  const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${server.url}${path}`, { headers: { ...server.authorization, Connection: 'close', ...headers } });
  /** The two, when both take connections. */
  const readers = async (): Promise<number[]> => {
    await until('two readers', async () => (await metric(server.url, 'dicom_ledger_readers')) === 2 || undefined);
    return childrenOf(server.pid);
  };

  beforeAll(async () => {
    server = await startServer({ env: { READERS: '2' } });
    await readers();
    for (const { file } of [...slices, large]) expect((await stowSingle(server.url, file)).status).toBe(200);
  });
  afterAll(() => server.stop());

  it('gives what was stored, in ranges too, and 304 to whoever has it, whichever answers', async () => {
    for (const { url, file, digest } of [...slices, ...slices]) {
      const whole = await ask(url, { Accept: storedSingle });
      expect([whole.status, sha256(await bytesOf(whole))]).toEqual([200, digest]);
      const part = await ask(url, { Accept: storedSingle, Range: 'bytes=128-131' });
      expect([part.status, (await bytesOf(part)).toString()]).toEqual([206, 'DICM']);
      const known = { Accept: storedSingle, 'If-None-Match': String(whole.headers.get('etag')) };
      expect((await ask(url, known)).status).toBe(304);
      const beyond = await ask(url, { Accept: storedSingle, Range: `bytes=${file.length}-` });
      expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${file.length}`]);
    }
  });

  it('lets nobody in who would not be let in without them', async () => {
    for (const path of ['/dicom-web/studies', slices[0]!.url, '/wado?requestType=WADO'])
      expect((await ask(path, { Authorization: 'Bearer nonsense' })).status).toBe(401);
    const forged = { Authorization: 'Bearer nonsense', 'x-dicom-ledger-go': 'e30' };
    expect((await ask('/dicom-web/studies', forged)).status).toBe(401);
  });

  it('replaces one that is killed, and gives no false byte meanwhile', async () => {
    const [first] = await readers();
    process.kill(first!, 'SIGKILL');
    for (let round = 0; round < 3; round++)
      for (const { url, digest } of slices) {
        const response = await ask(url, { Accept: storedSingle }).catch(() => undefined);
        if (response) expect([response.status, sha256(await bytesOf(response))]).toEqual([200, digest]);
      }
    expect(await readers()).not.toContain(first);
  });

  it('has retired an instance for all when the answer comes', async () => {
    const { url } = slices[1]!;
    const retired = await fetch(`${server.url}${url}`, { method: 'DELETE', headers: server.authorization });
    expect(retired.status).toBe(204);
    for (let times = 0; times < 6; times++) expect((await ask(url)).status).toBe(410);
    const left = await get(`${server.url}/dicom-web/studies/${study}/instances`, 'application/dicom+json');
    expect(await left.json()).toHaveLength(slices.length - 1);
  });

  it('finds what has just been stored, on both readers', async () => {
    const agents = Array.from({ length: CONNECTIONS }, connection);
    const search = async (agent: Agent, uid: string) => {
      const url = `${server.url}/dicom-web/instances?SOPInstanceUID=${uid}`;
      const answer = await over(agent, url, { ...server.authorization, Accept: 'application/dicom+json' });
      const { localPort } = answer.socket;
      return { found: answer.statusCode === 200 && (await buffer(answer)).includes(uid), localPort };
    };
    const firsts = await Promise.all(agents.map((agent) => search(agent, newUid())));
    const pids = await readers();
    const answerers = firsts.map(({ localPort }) => answererOf(Number(localPort), pids));
    expect(new Set(answerers)).toEqual(new Set(pids));
    for (let times = 0; times < 50; times++) {
      const uid = newUid();
      const uids = { StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: uid };
      expect((await stowSingle(server.url, ctSlice(uids, { size: 16 }))).status).toBe(200);
      const found = await Promise.all(agents.map((agent) => search(agent, uid)));
      expect(found.filter((one) => !one.found)).toEqual([]);
    }
    agents.forEach((agent) => agent.destroy());
  });

  it('lets nobody but its own user reach the socket of readers', () => {
    const folder = path.join(server.dataFolder, 'readers');
    const modes = [folder, path.join(folder, 'owner.sock')].map((file) => statSync(file).mode & 0o777);
    expect(modes).toEqual([0o700, 0o600]);
  });

  it('goes on with the connections of others when one is killed, and counts it', async () => {
    const agents = Array.from({ length: CONNECTIONS }, connection);
    const headers = { ...server.authorization, Accept: storedSingle };
    const answers = await Promise.all(agents.map((agent) => over(agent, `${server.url}${large.url}`, headers)));
    const pids = await readers();
    const answerers = answers.map(({ socket }) => answererOf(Number(socket.localPort), pids));
    const [first] = answerers;
    expect(new Set(answerers)).toEqual(new Set(pids));
    process.kill(first!, 'SIGKILL');
    const ends = await Promise.all(
      answers.map(async (answer) =>
        buffer(answer).then(
          (bytes) => sha256(bytes),
          () => 'cut off',
        ),
      ),
    );
    expect(ends).toEqual(answerers.map((one) => (one === first ? 'cut off' : large.digest)));
    await readers();
    expect(await metric(server.url, 'dicom_ledger_reader_deaths_total')).toBe(2);
    agents.forEach((agent) => agent.destroy());
  });

  it('takes its readers and their connections with it when it is killed, and starts anew at once', async () => {
    const before = await readers();
    const agent = connection();
    const answer = await over(agent, `${server.url}${large.url}`, { ...server.authorization, Accept: storedSingle });
    await server.kill9();
    await expect(buffer(answer)).rejects.toThrow();
    const { dataFolder } = server;
    server = await startServer({ env: { READERS: '2' }, dataFolder });
    await until('the readers to end', async () => before.every((pid) => !isThere(pid)) || undefined);
    await readers();
    expect(sha256(await bytesOf(await ask(large.url, { Accept: storedSingle })))).toBe(large.digest);
  });

  it('lets a download end when it is told to stop', async () => {
    const pids = await readers();
    const agent = connection();
    const answer = await over(agent, `${server.url}${large.url}`, { ...server.authorization, Accept: storedSingle });
    expect(pids).toContain(answererOf(Number(answer.socket.localPort), pids));
    const begun = performance.now();
    const stopped = server.stop();
    await until('the server to take no more', async () =>
      fetch(`${server.url}/healthz`).then(
        () => undefined,
        () => true,
      ),
    );
    expect(sha256(await buffer(answer))).toBe(large.digest);
    expect(await stopped).toBe(0);
    // A connection that is kept is not waited for.
    expect(performance.now() - begun).toBeLessThan(18_000);
    expect(pids.filter(isThere)).toEqual([]);
    rmSync(server.dataFolder, { recursive: true });
  });
});
