import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { oraclePython } from '../../src/dicom/testing/oracle.js';
import { bytesOf, type DataSet, get, items, stowSingle } from '../testing/dicomweb-client.js';
import { type RunningServer, startServer } from '../testing/server.js';

interface Made {
  name: string;
  file: string;
  original: string;
  mediaType: string;
  isPadded?: boolean;
}

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

describe('Videos and documents that pydicom and dcmtk put into objects', () => {
  let server: RunningServer;
  let folder: string;
  let objects: Made[];
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-passed-through-'));
    objects = JSON.parse(execFileSync(oraclePython(), [here('passed-through.py'), folder]).toString()) as Made[];
    server = await startServer();
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await server.stop();
  });

  it('come back from /rendered byte by byte, in their media type, whole and by ranges', async () => {
    expect(objects).toHaveLength(29);
    for (const { name, file, original, mediaType, isPadded } of objects) {
      const given = readFileSync(original);
      const expected = isPadded ? Buffer.concat([given, Buffer.alloc(1)]) : given;
      const stored = await stowSingle(server.url, readFileSync(file));
      const [item] = items((await stored.json()) as DataSet, '00081199');
      const url = String(item?.['00081190']?.Value?.[0]);

      for (const accept of ['*/*', mediaType, `${mediaType.split('/')[0]}/*`]) {
        const whole = await get(`${url}/rendered`, accept);
        expect([name, accept, whole.status, whole.headers.get('Content-Type')]).toEqual([name, accept, 200, mediaType]);
        expect((await bytesOf(whole)).equals(expected)).toBe(true);
      }
      const [third, end] = [Math.floor(expected.length / 3), expected.length];
      for (const [range, from, to] of [
        ['0-0', 0, 1],
        [`${third - 5}-${third + 20}`, third - 5, third + 21],
        [`${2 * third - 9}-`, 2 * third - 9, end],
        ['-4', end - 4, end],
      ] as const) {
        const part = await fetch(`${url}/rendered`, { headers: { Range: `bytes=${range}` } });
        expect([name, part.status, part.headers.get('Content-Range')]).toEqual([
          name,
          206,
          `bytes ${from}-${to - 1}/${end}`,
        ]);
        expect((await bytesOf(part)).equals(expected.subarray(from, to))).toBe(true);
      }
      const [metadata] = (await (await get(`${url}/metadata`, 'application/dicom+json')).json()) as [DataSet];
      const value = metadata['7FE00010'] ?? metadata['00420011'];
      const inline = value?.InlineBinary;
      const bytes = inline ? Buffer.from(inline, 'base64') : await bytesOf(await get(String(value?.BulkDataURI)));
      expect(bytes.subarray(0, given.length).equals(given)).toBe(true);
      expect([...bytes.subarray(given.length)]).toEqual(given.length % 2 === 0 ? [] : [0]);
      expect((metadata['00280008'] ?? metadata['00420015'])?.Value).toEqual([metadata['00280008'] ? 5 : given.length]);
      // Nothing that an object holds runs in this origin.
      if (mediaType === 'text/xml')
        expect((await get(`${url}/rendered`, '*/*')).headers.get('Content-Security-Policy')).toContain('sandbox');
    }
  });
});
