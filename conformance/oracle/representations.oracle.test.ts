// About 90 s.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { oraclePython } from '../../src/dicom/testing/oracle.js';
import pLimit from 'p-limit';
import { image, type HandMade, part10, sequence, text, words } from '../../src/dicom/testing/hand-made.js';
import { unstorable } from '../../src/dicom/testing/sample-files.js';
import { bytesOf, type DataSet, get, items, partsOf } from '../testing/dicomweb-client.js';
import { newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';

const samples = path.resolve('../shared/data');
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const explicit = '1.2.840.10008.1.2.1';
const [jpegLs, jpeg2000, htj2k] = ['1.2.840.10008.1.2.4.80', '1.2.840.10008.1.2.4.90', '1.2.840.10008.1.2.4.201'];
const lossless = { [jpegLs]: 'image/jls', [jpeg2000]: 'image/jp2', [htj2k]: 'image/jphc' };
const targets = [explicit, ...Object.keys(lossless)];
const [rle, jpegLossless, jpegLosslessAny, jpeg2000Any] = ['5', '4.70', '4.57', '4.91'].map(
  (end) => `1.2.840.10008.1.2.${end}`,
) as [string, string, string, string];
const jpegBaseline = '1.2.840.10008.1.2.4.50';
/** Tried with an object of each kind. */
const alsoLossless = [rle, jpegLossless, jpegLosslessAny, jpeg2000Any];
/** Of the media types that mean one transfer syntax where they name none. */
const meant = { ...lossless, [rle]: 'image/dicom-rle', [jpegLossless]: 'image/jpeg' };

/** Not to be had in some lossless transfer syntaxes, for a reason each. */
const notCompressed: Record<string, [reason: string, syntaxes?: string[]]> = {
  'pydicom/SC_rgb_rle_16bit.dcm': ['16-bit colour, which the JPEG 2000 coder damages', [jpeg2000, htj2k]],
  'pydicom/SC_rgb_rle_32bit_2frame.dcm': ['32 bits'],
  'pydicom/badVR.dcm': ['32 bits'],
  'pydicom/liver_1frame.dcm': ['1 bit'],
  'pydicom/rtdose.dcm': ['32 bits'],
  'pydicom/rtdose_expb.dcm': ['32 bits'],
  'pydicom/rtdose_expb_1frame.dcm': ['32 bits'],
  'pydicom/test-SR.dcm': ['no pixels'],
  'pydicom/waveform_ecg.dcm': ['no pixels'],
};

/** An object with what the samples lack: several frames of 16 bits, private elements and sequences around them. */
function made(...more: HandMade[]): HandMade[] {
  return [
    text(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'),
    text(0x00080018, 'UI', newUid()),
    sequence(0x00081140, [[text(0x00081155, 'UI', '1.2.3')], []]),
    text(0x0020000d, 'UI', newUid()),
    text(0x0020000e, 'UI', newUid()),
    text(0x00290010, 'LO', 'ACME 1.1'),
    { tag: 0x00291001, vr: 'OB', value: Buffer.alloc(5000, 'private ') },
    text(0x00282110, 'CS', '01'),
    ...more,
  ].sort((a, b) => a.tag - b.tag);
}

const multiFrame = () =>
  made(
    ...image(40, 61, { bits: 16, frames: 3 }),
    text(0x00280004, 'CS', 'MONOCHROME2'),
    words(0x00280101, 'US', 12),
    words(0x00280102, 'US', 11),
    {
      tag: 0x7fe00010,
      vr: 'OW',
      value: Buffer.from(Uint16Array.from({ length: 7320 }, (_, i) => (i * 37) & 0xfff).buffer),
    },
  );
const byPlane = () =>
  made(
    ...image(5, 7, { samples: 3, frames: 2 }),
    text(0x00280004, 'CS', 'RGB'),
    words(0x00280006, 'US', 1),
    words(0x00280101, 'US', 8),
    words(0x00280102, 'US', 7),
    { tag: 0x7fe00010, vr: 'OB', value: Buffer.from(Uint8Array.from({ length: 210 }, (_, i) => i * 29)) },
  );

interface Instance {
  name: string;
  stored: string;
  given: Record<string, string>;
  frames: Record<string, Record<string, string>>;
}

describe('Every representation beside pydicom, gdcm and dcmtk', () => {
  let server: RunningServer;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-oracle-'));
    server = await startServer();
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await server.stop();
  });

  const used = new Set<string>();
  let written = 0;
  const keep = (bytes: Buffer): string => {
    const file = path.join(folder, String(written++));
    writeFileSync(file, bytes);
    return file;
  };

  /** Files that share their UID with an earlier one get another of the same length. */
  function withOwnUid(bytes: Buffer): Buffer {
    const uid = /(?:\x08\x00\x18\x00|\x00\x08\x00\x18)(?:UI..|....)([0-9.]+)/s.exec(bytes.toString('latin1'))?.[1];
    if (uid === undefined || !used.has(uid)) {
      if (uid !== undefined) used.add(uid);
      return bytes;
    }
    const own = uid.slice(0, -4) + String(1000 + used.size);
    used.add(own);
    return Buffer.from(bytes.toString('latin1').replaceAll(uid, own), 'latin1');
  }

  /** Stores an object and gives its URL; undefined when it is refused. */
  async function store(bytes: Buffer, query = '', type = 'application/dicom'): Promise<string | undefined> {
    const response = await fetch(`${server.url}/dicom-web/studies${query}`, {
      method: 'POST',
      headers: { 'Content-Type': type },
      body: new Uint8Array(bytes),
    });
    const [stored] = items((await response.json()) as DataSet, '00081199');
    return stored && String(stored['00081190']?.Value?.[0]);
  }

  const refused: string[] = [];
  async function collectGiven(
    url: string,
    { name, stored, syntaxes = targets }: { name: string; stored: Buffer; syntaxes?: readonly string[] },
  ) {
    const instance: Instance = { name, stored: keep(stored), given: {}, frames: {} };
    for (const syntax of syntaxes) {
      const response = await get(url, `application/dicom; transfer-syntax=${syntax}`);
      const bytes = await bytesOf(response);
      if (response.status === 200) instance.given[syntax] = keep(bytes);
      else refused.push(`${name} ${syntax} ${response.status}`);
    }
    return instance;
  }

  /** Whether frames in `syntax` can have the shared colour differences, or the planes, that the metadata say (PS3.5 §8.2). */
  const isDescribed = (name: string, syntax: string): boolean =>
    syntax === explicit ||
    (!name.includes('examples_ybr') && (!name.startsWith('byPlane') || syntax === '1.2.840.10008.1.2.5'));

  /** The frames as each media type without a transfer syntax gives them. */
  async function collectFrames(url: string, instance: Instance, numbers: readonly number[]): Promise<void> {
    const types = { [explicit]: 'application/octet-stream', ...meant };
    for (const [syntax, type] of Object.entries(types)) {
      // Of what is stored as JPEG Baseline image/jpeg means that.
      if (syntax === jpegLossless && instance.name.includes('examples_ybr')) continue;
      if (!isDescribed(instance.name, syntax)) {
        expect([syntax, (await get(`${url}/frames/1`, type)).status]).toEqual([syntax, 406]);
        continue;
      }
      const parts = await partsOf(await get(`${url}/frames/${numbers.join()}`, `multipart/related; type="${type}"`));
      expect(parts.map(({ headers }) => headers['content-type'])).toEqual(
        numbers.map(() => `${type}; transfer-syntax=${syntax}`),
      );
      const single = await bytesOf(await get(`${url}/frames/${numbers[0]}`, type));
      expect(single.equals(parts[0]!.bytes)).toBe(true);
      instance.frames[syntax] = Object.fromEntries(parts.map(({ bytes }, at) => [String(numbers[at]), keep(bytes)]));
    }
  }

  it('holds the pixels of the stored object, and all other elements as they were', async () => {
    const files = ['wg04', 'pydicom', 'mr-structural'].flatMap((name) =>
      readdirSync(path.join(samples, 'dicom', name))
        .filter((file) => file.endsWith('.dcm'))
        .sort()
        // The slices of the one MR series are alike.
        .slice(0, name === 'mr-structural' ? 1 : undefined)
        .map((file) => `${name}/${file}`),
    );
    const limit = pLimit(3);
    const notStored: string[] = [];
    const jobs: (() => Promise<Instance | undefined>)[] = files.map((name) => async () => {
      const stored = withOwnUid(readFileSync(path.join(samples, 'dicom', name)));
      const url = await store(stored);
      if (url === undefined) {
        notStored.push(name);
        return undefined;
      }
      // What is equal when uncompressed is compressed once or twice, the largest not at all.
      const isAgain = /wg04\/(SC1|RG2_(?!UNC)|.*_(RLE|JLS|J2KR|JPLY))/.test(name);
      const hasFrames = /CT1_UNC|US1_UNC|examples_ybr/.test(name);
      const hasBytes = /US1_UNC/.test(name);
      const syntaxes = isAgain
        ? [explicit]
        : [...targets, ...(hasFrames ? alsoLossless : []), ...(hasBytes ? [jpegBaseline] : [])];
      const instance = await collectGiven(url, { name, stored, syntaxes });
      if (hasFrames) await collectFrames(url, instance, [1]);
      return instance;
    });
    for (const [name, elements] of Object.entries({ multiFrame, byPlane }))
      for (const spelling of ['implicit', 'big', 'deflated'] as const)
        jobs.push(async () => {
          const stored = part10(elements(), { spelling });
          const url = (await store(stored)) ?? '';
          const syntaxes = [...targets, ...alsoLossless, ...(name === 'byPlane' ? [jpegBaseline] : [])];
          const instance = await collectGiven(url, { name: `${name} ${spelling}`, stored, syntaxes });
          await collectFrames(url, instance, [2, 1]);
          return instance;
        });
    for (const type of ['image/jpeg', 'image/png'])
      jobs.push(async () => {
        const ending = type === 'image/png' ? '.png' : '.jpg';
        const xrays = readdirSync(path.join(samples, 'chest-xray/images')).filter((file) => file.endsWith(ending));
        const url =
          (await store(
            readFileSync(path.join(samples, 'chest-xray/images', xrays.sort()[0]!)),
            '?PatientID=1',
            type,
          )) ?? '';
        const stored = await bytesOf(await get(url, 'application/dicom; transfer-syntax=*'));
        return collectGiven(url, { name: type, stored });
      });
    const instances = await Promise.all(jobs.map((job) => limit(job)));

    expect(notStored.sort()).toEqual(unstorable);
    const expected = Object.entries(notCompressed).flatMap(([name, [, syntaxes = Object.keys(lossless)]]) =>
      syntaxes.map((syntax) => `${name} ${syntax} 406`),
    );
    expect(refused.sort()).toEqual(expected.sort());
    const oracle = spawnSync(oraclePython(), [here('representations-oracle.py')], {
      timeout: 120_000,
      input: JSON.stringify(instances.filter((instance) => instance !== undefined)),
      maxBuffer: 2 ** 26,
    });
    expect(oracle.stderr.toString()).toBe('');
    expect(JSON.parse(oracle.stdout.toString())).toEqual([]);
  });
});
