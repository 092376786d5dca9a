import type { OutgoingHttpHeaders } from 'node:http';
import type { Choices } from '../choices.js';
import { createCorpus } from '../corpus.js';
import type { Door } from '../door.js';
import type { Request } from '../exchange.js';
import { startFuzzedServer } from '../fuzzed-server.js';
import { TRANSFER_SYNTAXES } from '../hostile-values.js';
import { createInspector } from '../inspector.js';
import { randomAccept } from '../random-accept.js';
import { randomQuery } from '../random-query.js';
import { randomText, withoutSurrogates } from '../random-text.js';
import { requireStatus } from '../require-status.js';
import { storeSamples } from '../store-samples.js';

/** 501 for what is not there yet; 500 never, and 503 only while something is on its way. */
const STATUSES = [200, 204, 206, 304, 400, 404, 405, 406, 410, 411, 413, 415, 416, 421, 431, 501];
const MAX_FILE_BYTES = 60_000;
const SAMPLES = 40;
const RESOURCES = [
  '',
  '/metadata',
  '/rendered',
  '/thumbnail',
  '/frames/1',
  '/frames/1,2',
  '/bulkdata/7FE00010',
  '/bulkdata',
  '/pixeldata',
];
const METHODS = ['GET', 'GET', 'GET', 'GET', 'GET', 'GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'TRACE'];

/** Resources with hostile paths, frame lists, rendering parameters, ranges and Accept headers at a real server. */
export async function openHttpRetrieveDoor(): Promise<Door> {
  const server = await startFuzzedServer();
  const corpus = createCorpus({ of: 'dicom', isWanted: (bytes) => bytes.length < MAX_FILE_BYTES });
  const instances = await storeSamples(server, corpus, SAMPLES);
  return {
    lanes: 4,
    make: (random) => {
      const [method, path, headers] = [random.pick(METHODS), pathOf(random, instances), headersOf(random)];
      const request: Request = { method, path, headers };
      return { label: '', bytes: Buffer.from(JSON.stringify(request)) };
    },
    run: async ({ bytes }) => {
      const request = JSON.parse(bytes.toString()) as Request;
      const answer = await server.ask(request);
      requireStatus(answer, STATUSES, `${request.method} ${request.path} ${JSON.stringify(request.headers)}`);
    },
    inspect: createInspector(server),
    close: () => server.stop(),
  };
}

function pathOf(random: Choices, instances: readonly string[]): string {
  if (random.once(6)) return uriServicePath(random, random.pick(instances));
  const levels = random.pick(instances).split('/');
  const kept = random.once(3) ? levels.slice(0, random.pick([3, 5])) : levels;
  if (random.once(12)) kept[random.whole(1, kept.length - 1)] = randomText(random, 100);
  const resource = random.once(5) ? tail(random) : random.pick(RESOURCES);
  const path = `${random.once(30) ? '' : '/dicom-web'}${kept.map(escaped).join('/')}${resource}`;
  return printable(`${path}${queryOf(random)}`).slice(0, 60_000);
}

/** A request of the URI service (PS3.18 §9), most of them of an instance that is there. */
function uriServicePath(random: Choices, instance: string): string {
  const [, , study = '', , series = '', , object = ''] = instance.split('/');
  const hostile = (value: string): string => (random.once(12) ? escaped(randomText(random, 100)) : value);
  const number = (): string => random.pick(['0', '1', '-1', '100', '1e9', '99999999999', 'NaN', '', '0.5', '8193']);
  const list = (count: number): string => Array.from({ length: count }, number).join(',');
  const own = (): string =>
    random.pick([
      `contentType=${encodeURIComponent(printable(randomAccept(random))).slice(0, 3000)}`,
      `contentType=${random.pick(['application/dicom', 'image/jpeg', 'image/png', 'image/gif', 'text/plain', 'text/xml'])}`,
      `transferSyntax=${random.pick(TRANSFER_SYNTAXES)}`,
      `charset=${random.pick(['utf-8', 'iso-8859-1', '*', '', escaped(randomText(random, 50))])}`,
      `anonymize=${random.pick(['yes', 'no', ''])}`,
      `region=${list(random.pick([3, 4, 5]))}`,
      ...['frameNumber', 'rows', 'columns', 'windowCenter', 'windowWidth', 'imageQuality'].map(
        (name) => `${name}=${hostile(number())}`,
      ),
      `imageAnnotation=${random.pick(['patient', 'technique', '<script>'])}`,
      `presentationUID=${number()}`,
    ]);
  const uids = `studyUID=${hostile(study)}&seriesUID=${hostile(series)}&objectUID=${hostile(object)}`;
  const others = Array.from({ length: random.magnitude(6) }, own).join('&');
  const root = random.pick(['', '/dicom-web', '/sites/1/dicom-web']);
  return printable(`${root}/wado?requestType=${hostile('WADO')}&${uids}&${others}`).slice(0, 60_000);
}

function tail(random: Choices): string {
  const list = (): string =>
    Array.from({ length: random.magnitude(3000) + 1 }, () => random.pick(['1', '2', '0', '999999999', '-1', ''])).join(
      ',',
    );
  return random.pick([
    `/frames/${list()}`,
    `/frames/${list()}/rendered`,
    `/frames/${escaped(randomText(random, 200))}`,
    `/bulkdata/${random.pick(['00091001', '54000100/0/54001010', '../../..', escaped(randomText(random, 100))])}`,
    `/${escaped(randomText(random, 100))}`,
  ]);
}

function queryOf(random: Choices): string {
  if (random.once(2)) return '';
  if (random.once(4)) return `?${randomQuery(random, 2000)}`;
  const number = (): string => random.pick(['0', '1', '-1', '100', '1e9', '99999999999', 'NaN', '', '0.5', '65536']);
  const list = (count: number): string => Array.from({ length: count }, number).join(',');
  return `?${random.pick([
    `window=${list(2)},${random.pick(['linear', 'LINEAR', 'sigmoid', 'linear-exact', ''])}`,
    `viewport=${list(random.pick([1, 2, 4, 6, 7]))}`,
    `quality=${number()}`,
    `annotation=${random.pick(['patient', 'technique', 'patient,technique', '<script>'])}`,
    `iccprofile=${random.pick(['no', 'yes', 'srgb', 'adobergb', 'x'])}`,
    `accept=${encodeURIComponent(printable(randomAccept(random))).slice(0, 3000)}`,
    `transferSyntax=${random.pick(TRANSFER_SYNTAXES)}`,
    `charset=${random.pick(['utf-8', 'iso-8859-1', '*', ''])}`,
    `viewport=${list(2)}&window=${list(2)},linear&quality=${number()}`,
  ])}`;
}

function headersOf(random: Choices): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {
    Accept: random.once(2) ? '*/*' : printable(randomAccept(random)).slice(0, 20_000),
  };
  if (random.once(6))
    headers['Range'] = random.pick([
      'bytes=0-0',
      'bytes=-1',
      'bytes=5-',
      'bytes=9-1',
      'bytes=99999999999-',
      'bytes=0-1,3-4',
      printable(randomText(random, 50)),
    ]);
  if (random.once(6))
    headers['If-None-Match'] = random.pick(['*', '"a"', 'W/"a", "b"', printable(randomText(random, 200))]);
  if (random.once(8))
    headers['If-Modified-Since'] = random.pick([
      new Date(random.whole(0, 4e12)).toUTCString(),
      printable(randomText(random, 50)),
      'Thu, 32 Foo 9999 GMT',
    ]);
  if (random.once(8))
    headers['Accept-Encoding'] = random.pick(['gzip', 'br', 'identity;q=0', printable(randomText(random, 50))]);
  if (random.once(20)) headers['Host'] = random.pick(['a b', 'evil"', 'x:99999999', '[::1]', '<script>']);
  return headers;
}

const escaped = (text: string): string => encodeURIComponent(withoutSurrogates(text)).replace(/%2F/g, '/');
const printable = (text: string): string => text.replace(/[^\x21-\x7e]/g, '%20').trim();
