import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { fileSource } from '../../base/byte-source.js';
import { frameBytes } from '../data-set/frames.js';
import { oraclePython } from '../testing/oracle.js';
import { sampleFolder } from '../testing/sample-files.js';
import { scanPart10 } from '../part10/part10.js';
import { describePixels } from './pixel-description.js';
import { convertFrame } from './convert-frame.js';
import { canEncode, encodeFrame } from './encode-frame.js';
import type { NativeFrame } from './native-frame.js';
import { ENCODABLE } from '../../standard/transfer-syntaxes.js';

const explicitLittleEndian = '1.2.840.10008.1.2.1';

/** Of every kind of uncompressed pixels: 8, 10, 12, 16 and 32 bits, signed or not, gray, colour and palette. */
const files = [
  ...['CT1', 'MR1', 'NM1', 'RG2', 'SC1', 'US1', 'VL1'].map((name) => `wg04/${name}_UNC.dcm`),
  ...['CT_small', 'MR_small_bigendian', 'chrArab', 'examples_palette', 'examples_rgb_color', 'image_dfl', 'rtdose'].map(
    (name) => `pydicom/${name}.dcm`,
  ),
];

/** Prints for each frame which decoders of pydicom give other pixels than were encoded. */
const oracle = `
import sys, json, base64, warnings
warnings.simplefilter('ignore')
import numpy
from pydicom.encaps import encapsulate
from pydicom.pixels import get_decoder
from pydicom.uid import UID
wrong = []; tried = 0
for line in sys.stdin:
    case = json.loads(line)
    stream = base64.b64decode(case['stream'])
    decoder = get_decoder(UID(case['syntax']))
    for plugin in decoder.available_plugins:
        tried += 1
        pixels, _ = decoder.as_array(encapsulate([stream + bytes(len(stream) % 2)]), raw=True, index=0,
            decoding_plugin=plugin, number_of_frames=1, planar_configuration=0, pixel_keyword='PixelData', **case['image'])
        if numpy.ascontiguousarray(pixels).tobytes() != base64.b64decode(case['pixels']):
            wrong.append(case['name'] + ' ' + case['syntax'] + ' ' + plugin)
print(json.dumps({'wrong': wrong, 'tried': tried}))
`;

/** Its upper rows, where there are many: the whole of the large ones takes a minute. */
async function firstFrame(name: string): Promise<NativeFrame> {
  const handle = await open(path.join(sampleFolder, name));
  const source = fileSource(handle, (await handle.stat()).size);
  const result = await scanPart10(source);
  const description = result.kind === 'refused' ? undefined : describePixels(result.header, { frame: 1, bulk: {} });
  if (result.kind === 'refused' || description === undefined) throw new Error(`${name} has no pixels.`);
  const frame = await frameBytes(source, result.header, { number: 1, as: 'explicit-little-endian' });
  await handle.close();
  const whole = await convertFrame(frame, description, { to: explicitLittleEndian, layout: 'by-pixel' });
  const Rows = Math.min(whole.Rows, 200);
  return { ...whole, Rows, bytes: whole.bytes.slice(0, (whole.bytes.length / whole.Rows) * Rows) };
}

(existsSync(sampleFolder) || process.env.CI ? describe : describe.skip)('encodeFrame', () => {
  it('writes streams in which pylibjpeg, gdcm and pydicom find every bit', async () => {
    const cases: string[] = [];
    for (const name of files) {
      const frame = await firstFrame(name);
      for (const syntax of ENCODABLE) {
        if (!canEncode(frame, syntax)) continue;
        const encoded = await encodeFrame(frame, syntax);
        const image = {
          rows: frame.Rows,
          columns: frame.Columns,
          samples_per_pixel: frame.SamplesPerPixel,
          photometric_interpretation: encoded.PhotometricInterpretation,
          bits_allocated: frame.BitsAllocated,
          bits_stored: frame.BitsStored,
          pixel_representation: frame.PixelRepresentation,
        };
        const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
        cases.push(JSON.stringify({ name, syntax, image, stream: base64(encoded.bytes), pixels: base64(frame.bytes) }));
      }
    }
    const python = oraclePython();
    const answer = execFileSync(python, ['-c', oracle], { input: cases.join('\n'), encoding: 'utf8' });
    expect(cases).toHaveLength(13 * 7 + 1);
    expect(JSON.parse(answer)).toEqual({ wrong: [], tried: expect.any(Number) });
    expect((JSON.parse(answer) as { tried: number }).tried).toBeGreaterThan(1.5 * cases.length);
  });
});
