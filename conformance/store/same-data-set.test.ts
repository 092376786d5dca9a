import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { sampleFolder } from '../../src/dicom/testing/sample-files.js';
import {
  bytesOf,
  type DataSet,
  failureReasons,
  get,
  type InstanceIds,
  instancePath,
  metric,
  sha256,
  storedSingle,
  stowSingle,
} from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { serverUnderTest } from '../testing/server.js';

let url: string;
let stop: () => Promise<unknown>;
beforeAll(async () => {
  const server = await serverUnderTest();
  url = server.url;
  stop = () => server.stop();
});
afterAll(() => stop());

const sample = (name: string): Buffer => readFileSync(path.join(sampleFolder, 'pydicom', name));
const hasSamples = existsSync(path.join(sampleFolder, 'pydicom'));
const moduleOf = async (response: Response): Promise<DataSet> => (await response.json()) as DataSet;
const height = () => metric(url, 'dicom_ledger_follower_height');

/** A copy whose UIDs end otherwise, in place, so that each test has an object of its own. */
function renamed(file: Buffer, digit: string): Buffer {
  const copy = Buffer.from(file);
  const uid = '1.3.6.1.4.1.5962.1.1.4.1.1.20040826185059.5457';
  for (let at = copy.indexOf(uid); at >= 0; at = copy.indexOf(uid, at + 1)) copy.write(digit, at + uid.length - 1);
  return copy;
}

/** A slice in implicit VR, as a router makes it: every header rewritten, a group length gone, nothing else. */
function implicitOf(explicit: Buffer): Buffer {
  const at = explicit.indexOf('1.2.840.10008.1.2.1\0', 132, 'latin1');
  const start = 132 + 12 + explicit.readUInt32LE(140);
  const meta = Buffer.from(explicit.subarray(0, start));
  meta.write('1.2.840.10008.1.2\0\0\0', at, 'latin1');
  const parts: Buffer[] = [meta];
  for (let position = start; position < explicit.length;) {
    const isLong = ['OB', 'OW', 'SQ', 'UN', 'UT'].includes(explicit.toString('latin1', position + 4, position + 6));
    const byteCount = isLong ? explicit.readUInt32LE(position + 8) : explicit.readUInt16LE(position + 6);
    const value = position + (isLong ? 12 : 8);
    const header = Buffer.from(explicit.subarray(position, position + 8));
    header.writeUInt32LE(byteCount, 4);
    parts.push(header, explicit.subarray(value, value + byteCount));
    position = value + byteCount;
  }
  return Buffer.concat(parts);
}

const sliceOf = (ids: InstanceIds, over: Record<string, unknown> = {}): Buffer =>
  ctSlice(
    { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance, ...over },
    { size: 32 },
  );
const someIds = (): InstanceIds => ({ study: newUid(), series: newUid(), instance: newUid() });

describe('Store of a data set that is there in another transfer syntax', () => {
  it('is success, writes nothing, and the first bytes stay', async () => {
    const ids = someIds();
    const file = sliceOf(ids);
    expect((await stowSingle(url, implicitOf(file))).status).toBe(200);
    const before = await height();
    const response = await stowSingle(url, file);
    expect([response.status, response.headers.get('X-Already-Stored')]).toEqual([200, '1']);
    expect(await height()).toBe(before);
    const back = await get(`${url}${instancePath(ids)}`, storedSingle);
    expect(sha256(await bytesOf(back))).toBe(sha256(implicitOf(file)));
  });

  it('is 409 with 0x0111 where one value differs', async () => {
    const ids = someIds();
    expect((await stowSingle(url, implicitOf(sliceOf(ids)))).status).toBe(200);
    const response = await stowSingle(url, sliceOf(ids, { StudyDescription: 'Chest without Contrast' }));
    expect(response.status).toBe(409);
    expect(failureReasons(await moduleOf(response))).toEqual([0x0111]);
  });

  it('is 409 with 0x0111 where one pixel differs', async () => {
    const ids = someIds();
    const file = sliceOf(ids);
    expect((await stowSingle(url, implicitOf(file))).status).toBe(200);
    const other = Buffer.from(file);
    other[other.length - 1] = 1;
    const response = await stowSingle(url, other);
    expect([response.status, failureReasons(await moduleOf(response))]).toEqual([409, [0x0111]]);
  });

  const files = ['MR_small.dcm', 'MR_small_implicit.dcm', 'MR_small_bigendian.dcm', 'MR_small_RLE.dcm'];
  (hasSamples ? it : it.skip).each(files.map((first, index) => [first, String(index)]))(
    'is success for pydicom’s MR_small in each of its forms, after %s',
    async (first, digit) => {
      expect((await stowSingle(url, renamed(sample(first), digit))).status).toBe(200);
      for (const other of [...files, 'MR_small_jpeg_ls_lossless.dcm']) {
        const response = await stowSingle(url, renamed(sample(other), digit));
        expect([other, response.status]).toEqual([other, 200]);
      }
    },
  );
});
