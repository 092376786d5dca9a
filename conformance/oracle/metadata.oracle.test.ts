import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { oraclePython } from '../../src/dicom/testing/oracle.js';
import { sampleFolder } from '../../src/dicom/testing/sample-files.js';
import { type DataSet, failureReasons, items, stow } from '../testing/dicomweb-client.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { attribute, publicVr } from '../../src/dicom/data-set/dictionary.js';
import { peekSOPInstanceUID } from '../../src/dicom/part10/part10.js';

const publicUrl = 'https://archive.example/pacs';
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** pydicom in a process of its own, which answers jobs one after the other. */
async function startOracle() {
  const python = spawn(oraclePython(), [here('metadata-oracle.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
  const { value: folder } = (await lines.next()) as { value: string };
  return {
    folder,
    ask: async (job: Record<string, string>): Promise<string[]> => {
      python.stdin.write(`${JSON.stringify(job)}\n`);
      const { value } = (await lines.next()) as { value: string | undefined };
      return value === undefined ? ['the oracle has ended'] : (JSON.parse(value) as string[]);
    },
    stop: () => python.stdin.end(),
  };
}

/** All slices of the one MR series are alike. */
const MR_SLICES = 4;

function filesIn(folder: string, most = Infinity): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.dcm'))
    .sort()
    .slice(0, most)
    .map((name) => path.join(folder, name));
}

describe('Metadata beside what pydicom reads', () => {
  let server: RunningServer;
  let oracle: Awaited<ReturnType<typeof startOracle>>;
  let copies: string;

  beforeAll(async () => {
    copies = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-oracle-'));
    [server, oracle] = await Promise.all([startServer({ env: { PUBLIC_URL: publicUrl } }), startOracle()]);
  });

  afterAll(async () => {
    oracle.stop();
    rmSync(copies, { recursive: true });
    await server.stop();
  });

  /** Stores a file and gives the URL of its instance; undefined when it is refused as no instance. */
  async function store(file: string): Promise<string | undefined> {
    const response = await stow(server.url, [readFileSync(file)]);
    const module = (await response.json()) as DataSet;
    // Not understood, or without a UID that it needs: all else is a failure of the server.
    for (const reason of failureReasons(module)) expect([0xc000, 0xa900]).toContain(reason);
    const [stored] = items(module, '00081199');
    return stored === undefined ? undefined : String(stored['00081190']?.Value?.[0]).replace(publicUrl, server.url);
  }

  const used = new Set<string>();

  /** Files that share their UID with an earlier one are stored, and read by pydicom, with another of the same length. */
  async function withOwnUid(file: string): Promise<string> {
    const uid = await peekSOPInstanceUID(file).catch(() => undefined);
    if (uid === undefined || !used.has(uid)) {
      if (uid !== undefined) used.add(uid);
      return file;
    }
    const own = uid.slice(0, -4) + String(1000 + used.size);
    used.add(own);
    const text = readFileSync(file).toString('latin1');
    const copy = path.join(copies, `${used.size}.dcm`);
    writeFileSync(copy, text.replaceAll(uid, own), 'latin1');
    return copy;
  }

  async function compare(files: string[]): Promise<{ refused: string[]; differences: string[]; compared: number }> {
    const own = [];
    for (const file of files) own.push({ name: path.basename(file), file: await withOwnUid(file) });
    const stored = await Promise.all(own.map(async (entry) => ({ ...entry, instance: await store(entry.file) })));
    const differences: string[] = [];
    for (const { name, file, instance } of stored) {
      if (instance === undefined) continue;
      const { url, authorization } = server;
      const job = {
        file,
        metadata: `${instance}/metadata`,
        root: publicUrl,
        server: url,
        authorization: authorization.Authorization ?? '',
      };
      for (const sentence of await oracle.ask(job)) differences.push(`${name}: ${sentence}`);
    }
    const refused = files.filter((_, i) => stored[i]!.instance === undefined);
    return { refused, differences, compared: files.length - refused.length };
  }

  it('is the same for every given file, in JSON and in XML', async () => {
    expect(existsSync(sampleFolder)).toBe(true);
    const files = [
      ...filesIn(path.join(sampleFolder, 'wg04')),
      ...filesIn(path.join(sampleFolder, 'pydicom')),
      ...filesIn(path.join(sampleFolder, 'mr-structural'), MR_SLICES),
    ];
    const { refused, differences, compared } = await compare(files);
    expect(differences).toEqual([]);
    expect(refused.map((file) => path.basename(file))).toEqual([
      'ExplVR_BigEndNoMeta.dcm',
      'ExplVR_LitEndNoMeta.dcm',
      'JPEGLSNearLossless_08.dcm',
      'JPEGLSNearLossless_16.dcm',
      'no_meta.dcm',
      'rtstruct.dcm',
    ]);
    expect(compared).toBeGreaterThan(90);
  });

  it('is read with the dictionary of PS3.6', async () => {
    // What there is a choice of in files of implicit VR: the context decides on US or SS, and OW can hold the others.
    const chosen: Record<string, string> = {
      'US or SS': 'xs',
      'US or SS or OW': 'OW',
      'US or OW': 'OW',
      'OB or OW': 'OW',
    };
    const rows = (await oracle.ask({ dictionary: 'PS3.6' })).filter((row) => !row.startsWith('0002'));
    expect(rows.length).toBeGreaterThan(5000);
    const other = rows.filter((row) => {
      const [, tag = '', vr = '', keyword] = /^(\w+) (.+) (\w+)$/.exec(row)!;
      return publicVr(parseInt(tag, 16)) !== (chosen[vr] ?? vr) || attribute(tag)?.keyword !== keyword;
    });
    expect(other).toEqual([]);
  });

  it('is the same for the files that pydicom brings along', async () => {
    const folders = ['charset_files', 'test_files', 'palettes'].map((name) => path.join(oracle.folder, name));
    const first = await compare(folders.flatMap((folder) => filesIn(folder)));
    expect(first.differences).toEqual([]);
    expect(first.compared).toBeGreaterThan(60);
    // What is refused for its missing UIDs or File Meta is given some.
    const complete: string[] = [];
    for (const file of first.refused) {
      const copy = path.join(copies, path.basename(file));
      if ((await oracle.ask({ file, copy })).length === 0) complete.push(copy);
    }
    const second = await compare(complete);
    expect(second.differences).toEqual([]);
    expect(complete.length).toBe(first.refused.length);
    expect(second.refused.map((file) => path.basename(file))).toEqual(['rtplan_truncated.dcm']);
  });
});
