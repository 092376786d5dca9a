import { gzipSync } from 'node:zlib';
import { accept } from '../ask/accept.js';
import { multipart } from '../ask/multipart.js';
import { store } from '../ask/store.js';
import { dataSetOf, itemsOf } from '../judge/data-sets.js';
import { must, requireOffered, requireStatus } from '../judge/require-status.js';
import { makeCompressed } from '../made/make-compressed.js';
import type { Checked, Group, Row } from '../row.js';

const part = (body: Buffer): { headers: Record<string, string>; body: Buffer } => ({
  headers: { 'Content-Type': 'application/dicom' },
  body,
});

/** Stores one new instance with the Content-Type that `typed` makes of the boundary, and wants 200. */
async function storedAs(
  { server, another }: Checked,
  typed: (boundary: string) => string,
  change = (body: Buffer): Buffer => body,
): Promise<void> {
  const { body, boundary } = multipart('application/dicom', [part(another().file)]);
  const headers = { Accept: accept.json, 'Content-Type': typed(boundary) };
  requireStatus(await server.ask('POST', '/studies', { headers, body: change(body) }), 200);
}

/** One row for each transfer syntax besides the default; which of them a server takes is its choice. */
const TRANSFER_SYNTAX_ROWS: Row[] = [...makeCompressed('').keys()].map((name) => ({
  name: `store-${name.toLowerCase().replaceAll(' ', '-')}`,
  level: 'MAY',
  section: 'PS3.18 §8.7.3',
  sentence: `An instance in ${name} is stored.`,
  check: async ({ server, data }) => {
    const answer = requireStatus(await store(server, [data.compressed.get(name)?.file ?? Buffer.alloc(0)]), 200, 202);
    must(itemsOf(dataSetOf(answer), '00081198').length === 0, 'It was refused.');
  },
}));

/** Forms in which clients send. */
export const storeForms: Group = {
  title: 'Store: forms of the request',
  rows: [
    {
      name: 'store-type-unquoted',
      level: 'MUST',
      section: 'PS3.18 §8.7.1',
      sentence: 'The type parameter of the request is taken without quotes as with them.',
      check: (checked) =>
        storedAs(checked, (boundary) => `multipart/related; type=application/dicom; boundary=${boundary}`),
    },
    {
      name: 'store-boundary-quoted',
      level: 'MUST',
      section: 'PS3.18 §8.7.1, RFC 2046 §5.1.1',
      sentence: 'The boundary parameter of the request is taken in quotes.',
      check: (checked) =>
        storedAs(checked, (boundary) => `multipart/related; type="application/dicom"; boundary="${boundary}"`),
    },
    {
      name: 'store-parameters-reversed',
      level: 'MUST',
      section: 'PS3.18 §8.7.1',
      sentence: 'Parameters of the request come in any order and any case of their names.',
      check: (checked) =>
        storedAs(checked, (boundary) => `Multipart/Related; Boundary=${boundary}; TYPE="application/dicom"`),
    },
    {
      name: 'store-preamble',
      level: 'MUST',
      section: 'RFC 2046 §5.1.1',
      sentence: 'A line end before the first delimiter, as viewers send it, is passed over.',
      check: (checked) =>
        storedAs(
          checked,
          (boundary) => `multipart/related; type="application/dicom"; boundary=${boundary}`,
          (body) => Buffer.concat([Buffer.from('\r\n'), body]),
        ),
    },
    {
      name: 'store-chunked',
      level: 'MUST',
      section: 'RFC 9112 §7.1',
      sentence: 'A request in chunks, without a Content-Length, is stored.',
      check: async ({ server, another }) => {
        const { body, contentType } = multipart('application/dicom', [part(another().file)]);
        const headers = { Accept: accept.json, 'Content-Type': contentType };
        requireStatus(await server.ask('POST', '/studies', { headers, body, isChunked: true }), 200);
      },
    },
    {
      name: 'store-part-transfer-syntax',
      level: 'MUST',
      section: 'PS3.18 §8.7.3.5',
      sentence: 'A part whose Content-Type has a transfer-syntax parameter is stored.',
      check: async ({ server, another }) => {
        const { body, contentType } = multipart('application/dicom', [
          {
            headers: { 'Content-Type': 'application/dicom; transfer-syntax=1.2.840.10008.1.2.1' },
            body: another().file,
          },
        ]);
        requireStatus(
          await server.ask('POST', '/studies', { headers: { Accept: accept.json, 'Content-Type': contentType }, body }),
          200,
        );
      },
    },
    {
      name: 'store-single-part',
      level: 'MAY',
      section: 'PS3.18 §10.5.2',
      sentence: 'A single file is stored as application/dicom, without multipart.',
      check: async ({ server, another }) => {
        const headers = { Accept: accept.json, 'Content-Type': 'application/dicom' };
        requireStatus(await server.ask('POST', '/studies', { headers, body: another().file }), 200);
      },
    },
    {
      name: 'store-gzip',
      level: 'MAY',
      section: 'PS3.18 §8.4.3, RFC 9110 §8.4',
      sentence: 'A request body with Content-Encoding: gzip is stored.',
      check: async ({ server, another }) => {
        const { body, contentType } = multipart('application/dicom', [part(another().file)]);
        const headers = { Accept: accept.json, 'Content-Type': contentType, 'Content-Encoding': 'gzip' };
        requireStatus(await server.ask('POST', '/studies', { headers, body: gzipSync(body) }), 200);
      },
    },
    {
      name: 'store-unknown-coding',
      level: 'MAY',
      section: 'RFC 9110 §8.4',
      sentence: 'A Content-Encoding that the server does not know is refused.',
      check: async ({ server, another }) => {
        const { body, contentType } = multipart('application/dicom', [part(another().file)]);
        const headers = { Accept: accept.json, 'Content-Type': contentType, 'Content-Encoding': 'no-such-coding' };
        const answer = await server.ask('POST', '/studies', { headers, body });
        must(answer.status >= 400 && answer.status < 500, `Answered ${answer.status}.`);
      },
    },
    {
      name: 'store-delete',
      level: 'MAY',
      section: 'not of the standard',
      sentence: 'DELETE takes an instance away, which is 404 or 410 afterwards.',
      check: async ({ server, another }) => {
        const first = another();
        const path = `/studies/${first.study}/series/${first.series}/instances/${first.instance}`;
        requireStatus(await store(server, [first.file]), 200);
        requireStatus(requireOffered(await server.ask('DELETE', path)), 200, 202, 204);
        requireStatus(await server.get(path, accept.stored), 404, 410);
      },
    },
    ...TRANSFER_SYNTAX_ROWS,
  ],
};
