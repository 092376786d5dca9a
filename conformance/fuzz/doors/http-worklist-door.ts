import { nativeModelXml } from '../../../src/http/message/native-model-xml.js';
import { CREATION } from '../../../src/worklist/require-new-workitem.js';
import type { Choices } from '../choices.js';
import type { Door } from '../door.js';
import { startFuzzedServer } from '../fuzzed-server.js';
import { createInspector } from '../inspector.js';
import { mutateBytes } from '../mutate-bytes.js';
import { randomQuery } from '../random-query.js';
import { requireStatus } from '../require-status.js';

const STATUSES = [200, 201, 202, 204, 206, 400, 403, 404, 406, 409, 410, 413, 415, 429, 431, 503];
const UIDS = ['1.2.3', '1.2.4', '1.2.840.10008.5.1.4.34.5', '1.2.840.10008.5.1.4.34.5.1', '9'.repeat(64), 'x'];
const STATES = ['SCHEDULED', 'IN PROGRESS', 'COMPLETED', 'CANCELED', ''];

interface Call {
  method: string;
  path: string;
  /** Of the body. */
  type: string;
  body: string;
}

/** What has a body: whole or damaged data sets, with values that fit or not. */
function dataSetOf(random: Choices, isXml: boolean): Buffer {
  const elements: [string, object][] = Object.entries(CREATION).map(([tag, usage]) => [
    tag,
    usage === 1
      ? { vr: 'LO', Value: [tag === '00741000' ? random.pick(STATES) : random.pick(['HIGH', 'READY', '20260131'])] }
      : { vr: 'SQ' },
  ]);
  const references = [...Array(3).keys()].map((index) => ({
    '00081150': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] },
    '00081155': { vr: 'UI', Value: [`1.2.3.${index}`] },
  }));
  const dataSet = {
    ...Object.fromEntries(elements),
    '00081195': { vr: 'UI', Value: [random.pick(UIDS)] },
    '00081199': { vr: 'SQ', Value: references },
  };
  const bytes = Buffer.from(isXml ? nativeModelXml(dataSet, () => undefined) : JSON.stringify(dataSet));
  return random.once(2) ? mutateBytes(random, bytes) : bytes;
}

function callOf(random: Choices): Call {
  const uid = random.pick(UIDS);
  const query = random.once(2) ? `?${randomQuery(random)}` : '';
  const [method, path] = random.pick([
    ['POST', `/workitems?workitem=${uid}`],
    ['GET', `/workitems${query}`],
    ['GET', `/workitems/${uid}`],
    ['POST', `/workitems/${uid}${query}`],
    ['PUT', `/workitems/${uid}/state`],
    ['POST', `/workitems/${uid}/cancelrequest`],
    ['POST', `/workitems/${uid}/subscribers/A${query}`],
    ['DELETE', `/workitems/${uid}/subscribers/A`],
    ['POST', `/workitems/${uid}/subscribers/A/suspend`],
    ['GET', '/subscribers/A'],
    ['POST', `/commitment-requests/${uid}`],
    ['GET', `/commitment-requests/${uid}`],
    ['GET', `/changefeed${query}`],
    ['GET', `/changefeed/latest${query}`],
  ] as const);
  const isXml = random.once(3);
  const type = isXml ? 'application/dicom+xml' : 'application/dicom+json';
  return { method, path, type, body: method === 'GET' ? '' : dataSetOf(random, isXml).toString('base64') };
}

/** Workitems, commitment and the change feed, with hostile data sets and keys, at a real server. */
export async function openHttpWorklistDoor(): Promise<Door> {
  const server = await startFuzzedServer();
  return {
    lanes: 4,
    make: (random) => {
      const call = callOf(random);
      return { label: `${call.method} ${call.path.split('?')[0]}`, bytes: Buffer.from(JSON.stringify(call)) };
    },
    run: async ({ bytes }) => {
      const { method, path: asked, type, body } = JSON.parse(bytes.toString()) as Call;
      const path = `/dicom-web${asked}`.replace(/[^\x21-\x7e]/g, '%20');
      const payload = Buffer.from(body, 'base64');
      const answer = await server.ask({
        ...{ method, path },
        ...(payload.length > 0 && { headers: { 'Content-Type': type }, body: payload }),
      });
      requireStatus(answer, STATUSES, `${method} ${path}`);
      if (answer.bytes.length > 0 && answer.headers['content-type']?.includes('json'))
        JSON.parse(answer.bytes.toString());
    },
    inspect: createInspector(server),
    close: () => server.stop(),
  };
}
