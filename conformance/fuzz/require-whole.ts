import { type DataSet, instancePath, sha256, storedSingle } from '../testing/dicomweb-client.js';
import { requireThat } from './find.js';
import type { Answer } from './exchange.js';
import type { FuzzedServer } from './fuzzed-server.js';
import { requireStatus } from './require-status.js';

/** 404 without pixels, 406 for what cannot be decoded, 501 for what is not rendered. */
const PIXEL_STATUSES = [200, 404, 406, 501];
/** 413 for more pixels than a picture is made of. */
const RENDERED_STATUSES = [...PIXEL_STATUSES, 413];

/** Each resource of an instance, and the statuses that it may be answered with. */
const RESOURCES: readonly (readonly [resource: string, statuses: readonly number[]])[] = [
  ['/thumbnail', [200]],
  ['/rendered', RENDERED_STATUSES],
  ['/frames/1', PIXEL_STATUSES],
  ['/frames/1/rendered', RENDERED_STATUSES],
  ['?accept=application/dicom', [200, 406]],
];

/** Throws a Find unless the instance that QIDO-RS described is sealed, as it was announced, and given in every form. */
export async function requireWhole({ ask }: FuzzedServer, item: DataSet): Promise<void> {
  const [study, series, instance] = ['0020000D', '0020000E', '00080018'].map((tag) => valueOf(item, tag) as string);
  const at = instancePath({ study: study!, series: series!, instance: instance! });
  const record = await ask({ path: `/ledger/instances/${instance}` });
  requireStatus(record, [200], `The record of ${instance}`);
  const { sha256: digest, state, mediaType } = JSON.parse(record.bytes.toString()) as Record<string, string>;
  requireThat(state === 'sealed', `${instance} is ${state}.`);
  const verified = await ask({ method: 'POST', path: `/ledger/instances/${instance}/verify` });
  requireStatus(verified, [200], `The verification of ${instance}`);
  const said = verified.bytes.toString();
  const { problems } = JSON.parse(said) as { problems: unknown[] };
  requireThat(problems.length === 0, `${instance} is not as it was announced: ${said}`);
  const whole = await ask({ path: at, headers: { Accept: storedSingle } });
  requireStatus(whole, [200], at);
  // An uploaded image comes as the object that it is shown as.
  const isFile = mediaType === 'application/dicom';
  const isSame = !isFile || (whole.bytes.length > 0 && digest!.endsWith(sha256(partOf(whole))));
  requireThat(isSame, `${instance} came back as other bytes.`);
  const metadata = await ask({ path: `${at}/metadata` });
  requireStatus(metadata, [200], `${at}/metadata`);
  const [json] = JSON.parse(metadata.bytes.toString()) as [DataSet];
  requireThat(valueOf(json, '00080018') === instance, `The metadata of ${instance} is of another instance.`);
  for (const [resource, allowed] of RESOURCES)
    // A second frame that cannot be decoded ends an answer that has begun.
    requireStatus(await ask({ path: at + resource, mayBreakOff: true }), allowed, at + resource);
  const bulk = Object.values(json).find(({ BulkDataURI }) => BulkDataURI)?.BulkDataURI;
  // Compressed pixels come decoded where no transfer syntax is named: 406 when they are damaged.
  if (bulk) requireStatus(await ask({ path: new URL(bulk).pathname, mayBreakOff: true }), [200, 404, 406], bulk);
}

const valueOf = (item: DataSet, tag: string): unknown => item[tag]?.Value?.[0];

/** The payload of the only part of an answer, or the answer. */
function partOf({ headers, bytes }: Answer): Buffer {
  const boundary = /^multipart\/related.*boundary="?([^";]+)/.exec(headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) return bytes;
  return bytes.subarray(bytes.indexOf('\r\n\r\n') + 4, bytes.lastIndexOf(`\r\n--${boundary}`));
}
