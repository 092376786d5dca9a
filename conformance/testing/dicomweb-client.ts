import { createHash } from 'node:crypto';

/** One element of the DICOM JSON Model. */
export interface Element {
  vr: string;
  Value?: unknown[];
  BulkDataURI?: string;
  InlineBinary?: string;
}
export type DataSet = Record<string, Element>;

export const stored = 'multipart/related; type="application/dicom"; transfer-syntax=*';
export const storedSingle = 'application/dicom; transfer-syntax=*';

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A multipart/related body of parts, as a strict client writes it. */
export function multipartBody(
  parts: readonly Uint8Array[],
  { boundary = 'b-1', type = 'application/dicom', eol = '\r\n', start = '', end = '\r\n' } = {},
): Buffer {
  return Buffer.concat([
    Buffer.from(start),
    ...parts.flatMap((part) => [
      Buffer.from(`--${boundary}${eol}Content-Type: ${type}${eol}${eol}`),
      part,
      Buffer.from(eol),
    ]),
    Buffer.from(`--${boundary}--${end}`),
  ]);
}

/** STOW-RS of DICOM parts in one request. */
export function stow(url: string, parts: readonly Uint8Array[], { study }: { study?: string } = {}): Promise<Response> {
  return fetch(`${url}/dicom-web/studies${study === undefined ? '' : `/${study}`}`, {
    method: 'POST',
    headers: { 'Content-Type': 'multipart/related; type="application/dicom"; boundary="b-1"' },
    body: new Uint8Array(multipartBody(parts)),
  });
}

/** STOW-RS of one object without multipart. */
export function stowSingle(url: string, bytes: Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/dicom-web/studies`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/dicom', ...headers },
    body: new Uint8Array(bytes),
  });
}

/** The items of a sequence in the Store Instances Response Module. */
export function items(module: DataSet, tag: string): DataSet[] {
  return (module[tag]?.Value ?? []) as DataSet[];
}

export const failureReasons = (module: DataSet): unknown[] =>
  [...items(module, '00081198'), ...items(module, '0008119A')].map((item) => item['00081197']?.Value?.[0]);

export interface ReceivedPart {
  headers: Record<string, string>;
  bytes: Buffer;
}

/** The parts of a multipart answer, with header names in lower case. */
export async function partsOf(response: Response): Promise<ReceivedPart[]> {
  const contentType = response.headers.get('Content-Type') ?? '';
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (!contentType.startsWith('multipart/related') || boundary === undefined)
    throw new Error(`Not a multipart answer: HTTP ${response.status}, ${contentType}, ${await response.text()}`);
  const body = Buffer.from(await response.arrayBuffer());
  const text = `\r\n${body.toString('latin1')}`;
  const pieces = text.split(`\r\n--${boundary}`);
  if (!pieces.at(-1)?.startsWith('--')) throw new Error('The multipart answer has no closing boundary.');
  return pieces.slice(1, -1).map((piece) => {
    const split = piece.indexOf('\r\n\r\n');
    const headers = Object.fromEntries(
      piece
        .slice(2, split)
        .split('\r\n')
        .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    return { headers, bytes: Buffer.from(piece.slice(split + 4), 'latin1') };
  });
}

/** The UIDs of an instance and of what it is in. */
export interface InstanceIds {
  study: string;
  series: string;
  instance: string;
}

/** Where an instance is. */
export const instancePath = (ids: InstanceIds): string =>
  `/dicom-web/studies/${ids.study}/series/${ids.series}/instances/${ids.instance}`;

export async function get(url: string, accept?: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { headers: { ...(accept === undefined ? {} : { Accept: accept }), ...headers } });
}

export async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

/** A value of `/metrics`; 0 when the line is not there. */
export async function metric(url: string, line: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const found = text.split('\n').find((candidate) => candidate.startsWith(`${line} `));
  return found === undefined ? 0 : Number(found.slice(line.length + 1));
}
