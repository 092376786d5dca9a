import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { oraclePython } from '../../src/dicom/testing/oracle.js';
import { sampleFolder } from '../../src/dicom/testing/sample-files.js';
import { bytesOf, type DataSet, get, partsOf, storedSingle } from '../testing/dicomweb-client.js';
import { runProgram } from '../testing/python-client.js';
import { type RunningServer, startServer } from '../testing/server.js';

/** Of CT_small.dcm. */
const study = '1.3.6.1.4.1.5962.1.2.1.20040119072730.12322';
const series = '1.3.6.1.4.1.5962.1.3.1.1.20040119072730.12322';
const instance = '1.3.6.1.4.1.5962.1.1.1.1.1.20040119072730.12322';

(existsSync(sampleFolder) || process.env['CI'] ? describe : describe.skip)("Python's dicomweb_client command", () => {
  let server: RunningServer;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-command-line-'));
    server = await startServer();
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await server.stop();
  });

  /** Runs the command with the URL and the token, and gives what it printed. */
  async function run(...words: string[]): Promise<string> {
    const token = String(server.authorization.Authorization).replace(/^Bearer /, '');
    const { status, stdout, stderr } = await runProgram(path.join(path.dirname(oraclePython()), 'dicomweb_client'), [
      ...['-vvvv', '--url', `${server.url}/dicom-web`, '--bearer-token', token],
      ...words,
    ]);
    if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}:\n${stderr}\n${stdout}`);
    return stdout;
  }
  const json = async (...words: string[]) => JSON.parse(await run(...words)) as DataSet[];
  const ofInstance = ['--study', study, '--series', series, '--instance', instance];
  const url = (): string => `${server.url}/dicom-web/studies/${study}/series/${series}/instances/${instance}`;

  /** A new folder, and the names and the bytes of what a command has saved there. */
  async function saved(...words: string[]): Promise<Record<string, Buffer>> {
    const output = mkdtempSync(path.join(folder, 'saved-'));
    await run(...words, '--save', '--output-dir', output);
    return Object.fromEntries(readdirSync(output).map((name) => [name, readFileSync(path.join(output, name))]));
  }

  it('stores files', async () => {
    const file = (name: string): string => path.join(sampleFolder, name);
    await run('store', 'instances', file('pydicom/CT_small.dcm'), file('pydicom/SC_rgb_rle.dcm'));
    const slices = [1, 2, 3].map((number) => file(`mr-structural/N2D_000${number}.dcm`));
    await run('store', 'instances', ...slices);
    expect((await (await get(`${server.url}/dicom-web/instances`)).json()) as DataSet[]).toHaveLength(5);
  });

  it('fails where the server refuses, and without a token', async () => {
    // Without the UIDs of a study and a series. The command passes over its option --study, so that another study is no case.
    const withoutUids = path.join(sampleFolder, 'pydicom/JPEGLSNearLossless_08.dcm');
    await expect(run('store', 'instances', withoutUids)).rejects.toThrow('409');
    await expect(run('--bearer-token', 'wrong', 'search', 'studies')).rejects.toThrow('401');
  });

  it('searches for studies, series and instances', async () => {
    expect(await json('search', 'studies')).toHaveLength(3);
    expect(await json('search', 'studies', '--limit', '1', '--offset', '1')).toHaveLength(1);
    const [found, ...others] = await json(
      ...['search', 'studies', '--filter', 'PatientName=compressed*ct', '--field', 'StudyTime', '--fuzzy'],
    );
    expect(others).toEqual([]);
    expect(found?.['0020000D']?.Value).toEqual([study]);
    expect(found?.['00080030']?.Value).toEqual(['072730']);
    expect(await json('search', 'series')).toHaveLength(3);
    expect(await json('search', 'series', '--study', study, '--filter', 'Modality=CT')).toHaveLength(1);
    expect(await json('search', 'series', '--study', study, '--filter', 'Modality=MR')).toHaveLength(0);
    expect(await json('search', 'instances')).toHaveLength(5);
    expect(await json('search', 'instances', '--study', study, '--series', series, '--prettify')).toHaveLength(1);
    expect(await run('search', 'instances', '--study', study, '--dicomize')).toContain(`UI: ${instance}`);
  });

  it('retrieves metadata of a study, series and instance', async () => {
    const expected = (await (await get(`${url()}/metadata`)).json()) as DataSet[];
    expect(await json('retrieve', 'studies', '--study', study, 'metadata')).toEqual(expected);
    expect(await json('retrieve', 'series', '--study', study, '--series', series, 'metadata', '--prettify')).toEqual(
      expected,
    );
    expect(JSON.parse(await run('retrieve', 'instances', ...ofInstance, 'metadata'))).toEqual(expected[0]);
    const files = await saved('retrieve', 'studies', '--study', study, 'metadata');
    expect(Object.keys(files)).toEqual([`${instance}.json`]);
    expect(JSON.parse(String(files[`${instance}.json`]))).toEqual(expected[0]);
  });

  it('retrieves and saves instances, byte by byte what is stored', async () => {
    const stored = await bytesOf(await get(url(), storedSingle));
    const explicit = ['full', '--media-type', 'application/dicom', '1.2.840.10008.1.2.1'];
    for (const words of [
      ['instances', ...ofInstance, 'full'],
      ['instances', ...ofInstance, ...explicit],
      ['series', '--study', study, '--series', series, ...explicit],
      ['studies', '--study', study, 'full'],
    ])
      expect(await saved('retrieve', ...words)).toEqual({ [`${instance}.dcm`]: stored });
    expect(await run('retrieve', 'instances', ...ofInstance, 'full')).toContain('DICM');
  });

  it('retrieves and saves frames', async () => {
    const accept = 'multipart/related; type="image/jls"';
    const [frame] = await partsOf(await get(`${url()}/frames/1`, accept));
    const frames = ['retrieve', 'instances', ...ofInstance, 'frames', '--numbers', '1', '--media-type'];
    const files = await saved(...frames, 'image/jls');
    expect(Object.values(files)).toEqual([frame!.bytes]);
    const decoded = await saved(...frames, 'application/octet-stream', '1.2.840.10008.1.2.1');
    expect(Object.keys(decoded)).toEqual([`${instance}_1.dat`]);
    expect(Object.values(decoded)[0]).toHaveLength(128 * 128 * 2);
  });

  it('retrieves no bulk data, because it reads an option under another name than it has', async () => {
    await expect(run('retrieve', 'bulkdata', '--uri', `${url()}/bulkdata/7FE00010`)).rejects.toThrow("'media_type'");
  });
});
