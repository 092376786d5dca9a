import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  bytesOf,
  type DataSet,
  failureReasons,
  get,
  instancePath,
  items,
  sha256,
  storedSingle,
  stow,
  stowSingle,
} from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { until } from '../../src/base/testing/until.js';

const slice = (size = 32) => {
  const ids = { study: newUid(), series: newUid(), instance: newUid() };
  const file = ctSlice(
    { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance },
    { size },
  );
  return { ids, file };
};
const moduleOf = async (response: Response): Promise<DataSet> => (await response.json()) as DataSet;

/** Starts a server for the tests of one `describe`. */
function withServer(env: Record<string, string>, readyStatus = 200): { readonly url: string; output(): string } {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer({ env, readyStatus });
  });
  afterAll(() => server.stop());
  return {
    get url() {
      return server.url;
    },
    output: () => server.output(),
  };
}

describe('MIN_FREE_BYTES', () => {
  const server = withServer({ MIN_FREE_BYTES: String(2 ** 50) }, 503);

  it('refuses every store with 503 and Retry-After when less is free', async () => {
    const { ids, file } = slice();
    for (const response of [await stowSingle(server.url, file), await stow(server.url, [file, file])]) {
      expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '5']);
      expect(await response.json()).toMatchObject({
        code: 'out-of-space',
        title: 'Out of Storage',
        detail: expect.stringMatching(/^\d+ bytes are free on the disk of DATA_DIR: .*MIN_FREE_BYTES/) as unknown,
      });
    }
    expect((await get(`${server.url}${instancePath(ids)}`)).status).toBe(404);
  });

  it('is an alarm: not ready, in metrics, in the log once, and in the report of the network', async () => {
    const sentence = expect.stringContaining('MIN_FREE_BYTES') as unknown;
    const ready = await get(`${server.url}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([503, { ready: false, reasons: [sentence] }]);
    const metrics = (await (await get(`${server.url}/metrics`)).text()).split('\n');
    expect(metrics).toContain('dicom_ledger_alarm{code="disk-low"} 1');
    expect(metrics).toContain('dicom_ledger_alarm{code="no-node"} 0');
    expect(metrics).toContain('dicom_ledger_node_reachable{node="embedded"} 1');
    expect(await (await get(`${server.url}/ledger/network`)).json()).toMatchObject({
      site: { id: 1 },
      depths: { sealed: 1, final: 1 },
      nodes: [{ name: 'embedded', reachable: true, wrongAnswers: 0 }],
      alarms: [{ code: 'disk-low', sentence, stopsStoring: true }],
    });
    expect(server.output().match(/"alarm":"disk-low"/g)).toHaveLength(1);
  });
});

describe('MAX_INSTANCE_BYTES', () => {
  const { file: largest } = slice();
  const server = withServer({ MAX_INSTANCE_BYTES: String(largest.length) });

  it('takes an instance of exactly so many bytes', async () => {
    const response = await stowSingle(server.url, largest);
    expect(response.status).toBe(200);
  });

  it('answers 413 for a longer single part, before its body comes', async () => {
    const response = await stowSingle(server.url, Buffer.concat([largest, Buffer.alloc(1)]));
    expect(response.status).toBe(413);
  });

  it('answers 413 for a longer one of unknown length, and refuses a longer part with 0xA700 but stores the others', async () => {
    const { file: long } = slice(64);
    const { file, ids } = slice();
    expect(file.length).toBe(largest.length);
    const chunked = await fetch(`${server.url}/dicom-web/studies`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/dicom' },
      body: new Blob([new Uint8Array(long)]).stream(),
      duplex: 'half',
    });
    expect(chunked.status).toBe(413);
    const mixed = await stow(server.url, [long, file]);
    expect(mixed.status).toBe(202);
    const module = await moduleOf(mixed);
    expect(failureReasons(module)).toEqual([0xa700]);
    expect(items(module, '00081199').map((item) => item['00081155']?.Value?.[0])).toEqual([ids.instance]);
  });
});

describe('STORE_ACK', () => {
  describe('accepted', () => {
    const server = withServer({ STORE_ACK: 'accepted', EMBEDDED_PERIOD_MS: '1500' });

    it('answers before a block is made, and the instance follows', async () => {
      const { ids, file } = slice();
      const response = await stowSingle(server.url, file);
      expect(response.status).toBe(200);
      const early = await get(`${server.url}${instancePath(ids)}`, storedSingle);
      expect([404, 503]).toContain(early.status);
      await until(
        'the instance to be retrievable',
        async () => (await get(`${server.url}${instancePath(ids)}`, storedSingle)).ok,
      );
      const back = await get(`${server.url}${instancePath(ids)}`, storedSingle);
      expect(sha256(await bytesOf(back))).toBe(sha256(file));
    });

    it('says already there when the same comes again before the block', async () => {
      const { file } = slice();
      await stowSingle(server.url, file);
      const again = await stowSingle(server.url, file);
      expect([again.status, again.headers.get('X-Already-Stored')]).toEqual([200, '1']);
    });
  });

  describe('final', () => {
    const server = withServer({ STORE_ACK: 'final' });

    it('answers when the instance can be retrieved', async () => {
      const { ids, file } = slice();
      expect((await stowSingle(server.url, file)).status).toBe(200);
      const back = await get(`${server.url}${instancePath(ids)}`, storedSingle);
      expect(sha256(await bytesOf(back))).toBe(sha256(file));
    });
  });
});
