import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { fileSource } from '../../base/byte-source.js';
import { frameBytes, frameCount } from '../data-set/frames.js';
import { oraclePython } from '../testing/oracle.js';
import { sampleFolder } from '../testing/sample-files.js';
import { scanPart10 } from '../part10/part10.js';
import { describePixels } from './pixel-description.js';
import { convertFrame } from './convert-frame.js';
import { decodeFrame } from './decode-frame.js';
import type { ImagePixel } from './native-frame.js';

const explicitLittleEndian = '1.2.840.10008.1.2.1';

/**
 * Prints, for every file that has pixels, the SHA-256 of each frame by pixel in little endian. JPEG as dcmdjpeg decodes it
 * (pylibjpeg interpolates colour otherwise, by up to 3, and gdcm has no 12 bits) or gdcm where that cannot read the file, JPEG-LS, JPEG 2000 as gdcm does
 * inside pydicom, RLE and uncompressed as pydicom does. `stored` has frames of files that lack what an archive needs.
 */
const oracle = `
import sys, os, json, hashlib, subprocess, tempfile, warnings
warnings.simplefilter('ignore')
import numpy, pydicom
from pydicom.encaps import generate_frames
from pydicom.pixels import get_decoder
names = 'Rows Columns SamplesPerPixel PhotometricInterpretation BitsAllocated BitsStored HighBit PixelRepresentation'.split()
temporary = tempfile.mkdtemp()
def count(data):
    try: return int(data.get('NumberOfFrames', 1) or 1)
    except ValueError: return None
answers = []
for name in json.load(sys.stdin):
    try: data = pydicom.dcmread(name)
    except Exception: continue
    syntax = data.file_meta.get('TransferSyntaxUID')
    if syntax is None or 'PixelData' not in data: continue
    if count(data) is None: del data.NumberOfFrames
    answer = {'name': name, 'transferSyntaxUID': str(syntax), 'sha256': []}
    if 'StudyInstanceUID' not in data:
        answer['image'] = {key: data[key].value for key in names}
        answer['stored'] = [frame.hex() for frame in generate_frames(data.PixelData, number_of_frames=count(data))]
    plugin = ''
    if syntax.startswith('1.2.840.10008.1.2.4.5') or syntax == '1.2.840.10008.1.2.4.70':
        plain = os.path.join(temporary, 'plain.dcm')
        done = subprocess.run(['dcmdjpeg', name, plain], stderr=subprocess.DEVNULL)
        if done.returncode == 0: data = pydicom.dcmread(plain)
        else: plugin = 'gdcm'
    elif syntax.is_compressed and not syntax.is_deflated and syntax != '1.2.840.10008.1.2.5': plugin = 'gdcm'
    decoder = get_decoder(data.file_meta.TransferSyntaxUID)
    for index in range(count(data)):
        pixels, _ = decoder.as_array(data, index=index, raw=True, decoding_plugin=plugin)
        if data.BitsAllocated == 1: pixels = numpy.packbits(pixels.ravel(), bitorder='little')
        elif pixels.dtype.byteorder == '>': pixels = pixels.astype(pixels.dtype.newbyteorder('<'))
        answer['sha256'].append(hashlib.sha256(numpy.ascontiguousarray(pixels).tobytes()).hexdigest())
    answers.append(answer)
print(json.dumps(answers))
`;

interface Answer {
  name: string;
  transferSyntaxUID: string;
  sha256: string[];
  image?: ImagePixel;
  stored?: string[];
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function ours({ name, transferSyntaxUID, image, stored }: Answer): Promise<string[]> {
  const digests: string[] = [];
  if (image && stored) {
    for (const frame of stored)
      digests.push(sha256((await decodeFrame(Buffer.from(frame, 'hex'), { ...image, transferSyntaxUID })).bytes));
    return digests;
  }
  const handle = await open(name);
  try {
    const source = fileSource(handle, (await handle.stat()).size);
    const result = await scanPart10(source);
    if (result.kind === 'refused') return [`refused: ${result.message}`];
    const { header } = result;
    const as = header.frames?.kind === 'native' ? 'explicit-little-endian' : 'stored';
    for (let number = 1; number <= frameCount(header.frames); number++) {
      const description = describePixels(header, { frame: number, bulk: {} });
      if (description === undefined) return ['no pixels'];
      const frame = await frameBytes(source, header, { number, as });
      digests.push(
        sha256((await convertFrame(frame, description, { to: explicitLittleEndian, layout: 'by-pixel' })).bytes),
      );
    }
    return digests;
  } finally {
    await handle.close();
  }
}

(existsSync(sampleFolder) || process.env.CI ? describe : describe.skip)('Every frame of the sample files', () => {
  it('is exactly what dcmtk, gdcm or pydicom decode', async () => {
    const names = readdirSync(sampleFolder, { recursive: true, encoding: 'utf8' })
      .map((name) => path.join(sampleFolder, name))
      .filter((name) => statSync(name).isFile())
      .sort();
    const python = oraclePython();
    const answers = JSON.parse(
      execFileSync(python, ['-c', oracle], { input: JSON.stringify(names), encoding: 'utf8', maxBuffer: 2 ** 26 }),
    ) as Answer[];
    const wrong: string[] = [];
    const frames: Record<string, number> = {};
    for (const answer of answers) {
      const mine = await ours(answer);
      if (mine.join() !== answer.sha256.join())
        wrong.push(`${path.relative(sampleFolder, answer.name)}: ${mine.join()}`);
      frames[answer.transferSyntaxUID] = (frames[answer.transferSyntaxUID] ?? 0) + mine.length;
    }
    expect(wrong).toEqual([]);
    expect(answers).toHaveLength(280);
    expect(frames).toEqual({
      '1.2.840.10008.1.2': 208,
      '1.2.840.10008.1.2.1': 20,
      '1.2.840.10008.1.2.1.99': 1,
      '1.2.840.10008.1.2.2': 18,
      '1.2.840.10008.1.2.4.50': 38,
      '1.2.840.10008.1.2.4.51': 6,
      '1.2.840.10008.1.2.4.70': 6,
      '1.2.840.10008.1.2.4.80': 6,
      '1.2.840.10008.1.2.4.81': 7,
      '1.2.840.10008.1.2.4.90': 8,
      '1.2.840.10008.1.2.4.91': 8,
      '1.2.840.10008.1.2.5': 12,
    });
  });
});
