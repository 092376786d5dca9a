import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DataSet, instancePath, stow } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { until } from '../../src/base/testing/until.js';

interface Entry {
  Sequence: number;
  StudyInstanceUid: string;
  SopInstanceUid: string;
  Action: string;
  Timestamp: string;
  State: string;
  Block: string;
  TransactionHash?: string;
  Metadata?: DataSet;
}

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const ask = (query = '', headers = {}) => fetch(`${server.url}/dicom-web/changefeed${query}`, { headers });
const entriesOf = async (query: string): Promise<Entry[]> => (await (await ask(query)).json()) as Entry[];

async function storedSlice() {
  const ids = { study: newUid(), series: newUid(), instance: newUid() };
  const uids = { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance };
  expect((await stow(server.url, [ctSlice(uids, { size: 16 })])).status).toBe(200);
  return ids;
}

describe('The change feed', () => {
  it('is empty, and has no latest entry, before anything was stored', async () => {
    expect(await entriesOf('')).toEqual([]);
    expect((await ask('/latest')).status).toBe(204);
  });

  it('has what was stored and retired, once each and in order, with its place on the chain and its metadata', async () => {
    const stored = [await storedSlice(), await storedSlice()];
    const [first] = stored;
    const before = await entriesOf('?offset=0');
    expect(
      before.map(({ Sequence, Action, State, SopInstanceUid }) => [Sequence, Action, State, SopInstanceUid]),
    ).toEqual(stored.map(({ instance }, index) => [index + 1, 'create', 'current', instance]));
    const record = (await (await fetch(`${server.url}/ledger/instances/${first!.instance}`)).json()) as {
      sealed: { block: string };
    };
    expect(before[0]).toMatchObject({ StudyInstanceUid: first!.study, Block: record.sealed.block });
    expect(before[0]?.TransactionHash).toMatch(/^0x[0-9a-f]{64}$/);
    const [metadata] = (await (await fetch(`${server.url}${instancePath(first!)}/metadata`)).json()) as DataSet[];
    expect(before[0]?.Metadata).toEqual(metadata);

    expect((await fetch(`${server.url}${instancePath(first!)}`, { method: 'DELETE' })).status).toBe(204);
    const after = await entriesOf('?offset=2&includeMetadata=false');
    expect(after.map(({ Sequence, Action, State, Metadata }) => [Sequence, Action, State, Metadata])).toEqual([
      [3, 'delete', 'deleted', undefined],
    ]);
    const [again] = await entriesOf('?limit=1');
    expect([again?.State, again?.Metadata]).toEqual(['deleted', undefined]);
    const latest = (await (await ask('/latest?includemetadata=false')).json()) as Entry;
    expect(latest.Sequence).toBe(3);
    const [{ Timestamp: start }, , { Timestamp: end }] = [before[0]!, before[1]!, latest];
    expect((await entriesOf(`?startTime=${start}&endTime=${end}&includeMetadata=false`)).at(-1)?.Sequence).not.toBe(3);
    expect((await entriesOf(`?startTime=${start}&offset=2`)).map(({ Sequence }) => Sequence)).toEqual([3]);
    const ofSite = await fetch(`${server.url}/sites/1/dicom-web/changefeed?limit=2`);
    expect(((await ofSite.json()) as Entry[]).map(({ Sequence }) => Sequence)).toEqual([1, 2]);
  });

  it.each([
    [400, 'limit=0'],
    [400, 'limit=201'],
    [400, 'offset=-1'],
    [400, 'startTime=yesterday'],
    [400, 'startTime=2026-01-02&endTime=2026-01-01'],
    [400, 'includeMetadata=some'],
    [200, 'limit=200&STARTTIME=2026-01-01T00:00:00%2B01:00'],
  ])('answers %i to ?%s', async (status, query) => {
    expect((await ask(`?${query}`)).status).toBe(status);
  });

  it('streams what comes, from where the client was, and misses nothing', async () => {
    const ended = new AbortController();
    const events: string[] = [];
    const listen = async (headers: Record<string, string>) => {
      const url = `${server.url}/dicom-web/changefeed?includeMetadata=false`;
      const answer = await fetch(url, { headers: { Accept: 'text/event-stream', ...headers }, signal: ended.signal });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
      let text = '';
      for await (const bytes of answer.body as unknown as AsyncIterable<Uint8Array>) {
        text += Buffer.from(bytes).toString();
        events.splice(0, Infinity, ...(text.match(/^id: \d+\nevent: \w+$/gm) ?? []));
      }
    };
    const listening = listen({ 'Last-Event-ID': '1' }).catch(() => undefined);
    await until('what came before', () => events.length === 2);
    await storedSlice();
    await until('what comes', () => events.length === 3);
    expect(events).toEqual(['id: 2\nevent: create', 'id: 3\nevent: delete', 'id: 4\nevent: create']);
    ended.abort();
    await listening;
    expect((await ask('', { Accept: 'text/event-stream', 'Last-Event-ID': 'x' })).status).toBe(400);
  });

  it('opens 8 streams of one caller and no more, and gives the place of one that has ended to the next', async () => {
    const accept = { Accept: 'text/event-stream' };
    const open = async () => {
      const ended = new AbortController();
      const answer = await fetch(`${server.url}/dicom-web/changefeed`, { headers: accept, signal: ended.signal });
      return { answer, status: answer.status, end: () => ended.abort() };
    };
    const streams = await Promise.all(Array.from({ length: 8 }, open));
    expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
    expect((await ask('', accept)).status).toBe(429);
    streams[0]!.end();
    await until('a place', async () => {
      const next = await open();
      next.end();
      return next.status === 200;
    });
    // Those that are open end with the server, and are not cut off.
    const stopped = server.stop();
    for (const { answer } of streams.slice(1)) expect(await answer.text()).toBe('retry: 3000\n\n');
    await stopped;
    server = await startServer();
  }, 60_000);
});
