import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import { WebSocket } from 'ws';
import { until } from '../../src/base/testing/until.js';
import type { DataSet } from '../testing/dicomweb-client.js';
import { newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { newWorkitem, stateOf } from './testing/new-workitem.js';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const ALL = '1.2.840.10008.5.1.4.34.5';
const FILTERED = '1.2.840.10008.5.1.4.34.5.1';

const ask = (path: string, method: string, dataSet?: DataSet) =>
  fetch(`${server.url}/dicom-web/workitems${path}`, {
    method,
    ...(dataSet && { body: JSON.stringify(dataSet), headers: { 'Content-Type': 'application/dicom+json' } }),
  });
async function created(over: DataSet = {}): Promise<string> {
  const uid = newUid();
  expect((await ask(`?workitem=${uid}`, 'POST', newWorkitem(over))).status).toBe(201);
  return uid;
}
const claim = (uid: string) => ask(`/${uid}/state`, 'PUT', stateOf('IN PROGRESS', newUid()));
const urlOf = (aet: string): string => `${server.url.replace('http', 'ws')}/dicom-web/subscribers/${aet}`;

/** `SCHEDULED 1`: state and event type of each report of a workitem that has come. */
async function listener(aet: string) {
  const reports: DataSet[] = [];
  const socket = new WebSocket(urlOf(aet), { headers: server.authorization });
  socket.on('message', (data: Buffer) => reports.push(JSON.parse(data.toString()) as DataSet));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const of = (uid: string): unknown[] =>
    reports
      .filter((report) => report['00001000']?.Value?.[0] === uid)
      .map((report) => [report['00001002']?.Value?.[0], report['00741000']?.Value?.[0]]);
  return { reports, of, close: () => socket.close() };
}

describe('Subscriptions', () => {
  it('to a workitem bring its state, and then what becomes of it', async () => {
    const uid = await created();
    const { reports, of, close } = await listener('READER');
    const answer = await ask(`/${uid}/subscribers/READER?deletionlock=true`, 'POST');
    expect([answer.status, answer.headers.get('content-location')]).toEqual([201, urlOf('READER')]);
    await until('the first report', () => of(uid).length === 1);
    expect(reports[0]).toMatchObject({
      '00000002': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.34.6.1'] },
      '00000100': { vr: 'US', Value: [0x0100] },
      '00404041': { vr: 'CS', Value: ['READY'] },
    });
    await claim(uid);
    expect((await ask(`/${uid}/cancelrequest`, 'POST', { '00741238': { vr: 'LT', Value: ['moved'] } })).status).toBe(
      202,
    );
    await until('the request of cancellation', () => of(uid).length === 3);
    expect(of(uid)).toEqual([
      [1, 'SCHEDULED'],
      [1, 'IN PROGRESS'],
      [2, undefined],
    ]);
    expect(reports[2]).toMatchObject({ '00741238': { Value: ['moved'] }, '00741236': { vr: 'AE' } });
    expect((await ask(`/${uid}/subscribers/READER`, 'DELETE')).status).toBe(200);
    expect((await ask(`/${uid}/cancelrequest`, 'POST')).status).toBe(409);
    close();
  });

  it('to all bring what is made later, with whom it is assigned to, until they are suspended or ended', async () => {
    const { of, close } = await listener('ALL');
    expect((await ask(`/${ALL}/subscribers/ALL`, 'POST')).status).toBe(201);
    const station = { '00404025': { vr: 'SQ', Value: [{ '00080100': { vr: 'SH', Value: ['ST1'] } }] } };
    const first = await created(station);
    await until('the new workitem', () => of(first).length === 2);
    expect(of(first)).toEqual([
      [1, 'SCHEDULED'],
      [5, undefined],
    ]);
    expect((await ask(`/${ALL}/subscribers/ALL/suspend`, 'POST')).status).toBe(200);
    const second = await created();
    await claim(first);
    await until('what becomes of the first', () => of(first).length === 3);
    expect(of(second)).toEqual([]);
    expect((await ask(`/${ALL}/subscribers/ALL`, 'DELETE')).status).toBe(200);
    expect((await ask(`/${ALL}/subscribers/ALL`, 'DELETE')).status).toBe(404);
    close();
  });

  it('with a filter bring what that matches', async () => {
    const { of, close } = await listener('FILTER');
    expect((await ask(`/${FILTERED}/subscribers/FILTER`, 'POST')).status).toBe(400);
    const filter = encodeURIComponent('WorklistLabel=Urgent,ScheduledProcedureStepPriority=HIGH');
    expect((await ask(`/${FILTERED}/subscribers/FILTER?filter=${filter}`, 'POST')).status).toBe(201);
    const urgent = { '00741202': { vr: 'LO', Value: ['Urgent'] } };
    const low = await created(urgent);
    const high = await created({ ...urgent, '00741200': { vr: 'CS', Value: ['HIGH'] } });
    await until('the one that matches', () => of(high).length === 1);
    expect(of(low)).toEqual([]);
    close();
  });

  it('are 404 for a workitem that is not there, and 400 for what is no AE title', async () => {
    expect((await ask(`/${newUid()}/subscribers/A`, 'POST')).status).toBe(404);
    expect((await ask(`/${ALL}/subscribers/${'x'.repeat(17)}`, 'POST')).status).toBe(400);
    expect((await ask(`/${ALL}/subscribers/A?deletionlock=perhaps`, 'POST')).status).toBe(400);
  });
});

describe('The WebSocket of events', () => {
  const statusOf = (headers: Record<string, string>) =>
    new Promise<number>((resolve, reject) => {
      const socket = new WebSocket(urlOf('DOOR'), { headers });
      socket.once('unexpected-response', (_request, answer: { statusCode: number }) => resolve(answer.statusCode));
      socket.once('open', () => resolve(101)).once('error', reject);
    });
  const authorization = () => server.authorization as Record<string, string>;

  it('lets nobody in who is not let in, and no page of another origin by a cookie', async () => {
    expect(await statusOf({})).toBe(401);
    expect(await statusOf({ Authorization: 'Bearer wrong' })).toBe(401);
    expect(await statusOf({ ...authorization(), Host: 'other.example' })).toBe(421);
    const made = await fetch(`${server.url}/dicom-web/subscribers/DOOR`);
    expect(made.status).toBe(400);
  });

  it('leaves requests that offer another upgrade as they are, with their bodies', async () => {
    const uid = newUid();
    const status = await new Promise((resolve, reject) => {
      const sent = httpRequest(
        `${server.url}/dicom-web/workitems?workitem=${uid}`,
        {
          method: 'POST',
          headers: {
            ...authorization(),
            ...{ Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': '' },
            'Content-Type': 'application/dicom+json',
          },
        },
        (answer) => resolve(answer.resume().statusCode),
      );
      sent.on('error', reject).end(JSON.stringify(newWorkitem()));
    });
    expect(status).toBe(201);
  });

  it('opens 8 for one caller and no more', async () => {
    const sockets = await Promise.all(Array.from({ length: 8 }, () => listener('MANY')));
    expect(await statusOf(authorization())).toBe(429);
    sockets[0]!.close();
    await until('a place', async () => (await statusOf(authorization())) === 101);
    for (const { close } of sockets.slice(1)) close();
  });
});
