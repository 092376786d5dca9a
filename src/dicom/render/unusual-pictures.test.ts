import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { bufferSource } from '../../base/byte-source.js';
import { TRANSFER_SYNTAXES } from '../../standard/transfer-syntaxes.js';
import { scanPart10 } from '../part10/part10.js';
import { encapsulated, image, object, part10, spell, text, words, type HandMade } from '../testing/hand-made.js';
import { filesOfKind } from '../testing/reported-files.js';
import { readPictureInput } from './picture-input.js';
import makePicture from './picture-worker.js';

const BASELINE = TRANSFER_SYNTAXES.JPEGBaseline8Bit.uid;
const GREEN = [96, 207, 28];
/** The luminance and colour differences of it (ITU-T T.871 §7). */
const GREEN_AS_YBR = [153, 57, 87];

async function shown(file: Buffer): Promise<number[]> {
  const source = bufferSource(file);
  const scanned = await scanPart10(source);
  if (scanned.kind === 'refused') throw new Error(scanned.message);
  const input = await readPictureInput(scanned.header, source, { frame: 1, output: { pixels: {} } });
  if (input === undefined) throw new Error('There is no frame 1.');
  const made = await makePicture(input);
  if (made.kind !== 'pixels') throw new Error(made.kind === 'refused' ? made.message : made.kind);
  return [...made.picture.pixels];
}

async function expectFirstPixel(file: Buffer, colour: readonly number[]): Promise<void> {
  const first = (await shown(file)).slice(0, 3);
  const most = Math.max(...first.map((sample, at) => Math.abs(sample - colour[at]!)));
  expect({ first, isNear: most <= 4 }).toEqual({ first, isNear: true });
}

async function green(options: { chromaSubsampling?: string } = { chromaSubsampling: '4:4:4' }): Promise<Buffer> {
  const pixels = Buffer.from(Array.from({ length: 64 }, () => GREEN).flat());
  return sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } })
    .jpeg({ quality: 100, ...options })
    .toBuffer();
}

const JFIF = Buffer.from([0xff, 0xe0, 0, 16, ...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0]);
const adobe = (transform: 0 | 1) =>
  Buffer.from([0xff, 0xee, 0, 14, ...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, transform]);

/** With that marker at its beginning; the encoder writes none that says what the colours are. */
function marked(jpeg: Buffer, marker: Buffer): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), marker, jpeg.subarray(2)]);
}

/** With other names for the three components, in the frame and in the scan. */
function named(jpeg: Buffer, names: string): Buffer {
  const copy = Buffer.from(jpeg);
  const frame = copy.indexOf(Buffer.from([0xff, 0xc0]));
  const scan = copy.indexOf(Buffer.from([0xff, 0xda]));
  [0, 1, 2].forEach((at) => {
    copy.write(names[at]!, frame + 10 + 3 * at, 'latin1');
    copy.write(names[at]!, scan + 5 + 2 * at, 'latin1');
  });
  return copy;
}

function jpegObject(jpeg: Buffer, PhotometricInterpretation: string): Buffer {
  const head = object(
    ...image(8, 8, { samples: 3 }),
    text(0x00280004, 'CS', PhotometricInterpretation),
    words(0x00280006, 'US', 0),
  );
  const padded = Buffer.concat([jpeg, Buffer.alloc(jpeg.length % 2)]);
  return part10(Buffer.concat([spell(head, 'explicit'), encapsulated([padded])]), { transferSyntaxUID: BASELINE });
}

describe('The colours of a JPEG', () => {
  it('are YCbCr where JFIF, Adobe or subsampling says so, whatever the attribute says', async () => {
    const jpeg = await green();
    const made = [marked(jpeg, JFIF), marked(jpeg, adobe(1)), await green({ chromaSubsampling: '4:2:0' })].map(
      (stream) => jpegObject(stream, 'RGB'),
    );
    for (const file of filesOfKind('jpeg-ycbcr-labelled-rgb', made)) await expectFirstPixel(file, GREEN);
  });

  it('are RGB where Adobe or the names of the components say so, whatever the attribute says', async () => {
    const jpeg = await green();
    for (const stream of [marked(jpeg, adobe(0)), named(jpeg, 'RGB')])
      for (const label of ['RGB', 'YBR_FULL', 'YBR_FULL_422'])
        await expectFirstPixel(jpegObject(stream, label), GREEN_AS_YBR);
  });

  it('are what the attribute says where the stream says nothing', async () => {
    const stream = await green();
    await expectFirstPixel(jpegObject(stream, 'YBR_FULL'), GREEN);
    await expectFirstPixel(jpegObject(stream, 'YBR_FULL_422'), GREEN);
    await expectFirstPixel(jpegObject(stream, 'RGB'), GREEN_AS_YBR);
  });
});

describe('Uncompressed colours', () => {
  const colours = (PhotometricInterpretation: string, value: number[]): Buffer =>
    part10(
      object(
        ...image(1, 2, { samples: 3 }),
        text(0x00280004, 'CS', PhotometricInterpretation),
        words(0x00280006, 'US', 0),
        {
          tag: 0x7fe00010,
          vr: 'OB',
          value: Buffer.from(value),
        },
      ),
    );

  it('are RGB under the names of colours that JPEG 2000 alone has', async () => {
    const made = ['YBR_RCT', 'YBR_ICT'].map((label) => colours(label, [...GREEN, 1, 2, 3]));
    for (const file of filesOfKind('ybr-rct-uncompressed', made)) await expectFirstPixel(file, GREEN);
  });

  it('are not shared among pixels where the length shows that each has its own', async () => {
    const white = [255, 128, 128];
    for (const label of ['YBR_FULL_422', 'YBR_PARTIAL_422'])
      expect(await shown(colours(label, [...white, ...white]))).toEqual([255, 255, 255, 255, 255, 255]);
    expect(await shown(colours('YBR_FULL_422', [255, 0, 128, 128]))).toEqual([255, 255, 255, 0, 0, 0]);
  });
});

describe('Gray', () => {
  it('takes a window narrower than 1 as LINEAR_EXACT', async () => {
    const narrow: HandMade[] = [
      text(0x00281050, 'DS', '0.5'),
      text(0x00281051, 'DS', '0.8'),
      text(0x00281052, 'DS', '0'),
      text(0x00281053, 'DS', '0.0002442'),
    ];
    const samples = Buffer.from(Uint16Array.from({ length: 16 }, (_, at) => 256 * at).buffer);
    const made = part10(
      object(...image(4, 4, { bits: 16 }), text(0x00280004, 'CS', 'MONOCHROME2'), ...narrow, {
        tag: 0x7fe00010,
        vr: 'OW',
        value: samples,
      }),
    );
    for (const file of filesOfKind('window-width-below-1', made))
      expect(await shown(file)).toEqual([0, 0, 8, 28, 48, 68, 88, 108, 128, 147, 167, 187, 207, 227, 247, 255]);
  });

  it('shows a picture that has UN of undefined length before it, in big endian', async () => {
    const un = Buffer.from('00081140554e0000ffffffff' + 'feff00e0ffffffff' + '08005011040000003132' + '3300', 'hex');
    const end = Buffer.from('feff0de000000000' + 'feffdde000000000', 'hex');
    const rest = [
      ...object().slice(2),
      ...image(1, 2, { bits: 16 }),
      text(0x00280004, 'CS', 'MONOCHROME2'),
      { tag: 0x7fe00010, vr: 'OW', value: Buffer.from([0, 0, 255, 0]) },
    ].sort((a, b) => a.tag - b.tag);
    const made = part10(Buffer.concat([spell(object().slice(0, 2), 'big'), un, end, spell(rest, 'big')]), {
      spelling: 'big',
    });
    for (const file of filesOfKind('big-endian-un-of-undefined-length', made))
      expect(new Set(await shown(file)).size).toBeGreaterThan(1);
    expect(await shown(made)).toEqual([0, 255]);
  });

  it('gives a VOI LUT whose entries have fewer bits than it declares its full range', async () => {
    const lut = [
      { tag: 0x00283002, vr: 'US', value: Buffer.from(Uint16Array.of(4, 0, 16).buffer) },
      { tag: 0x00283006, vr: 'US', value: Buffer.from(Uint16Array.of(0, 819, 2047, 4095).buffer) },
    ];
    const file = part10(
      object(
        ...image(1, 4),
        text(0x00280004, 'CS', 'MONOCHROME2'),
        { tag: 0x00283010, vr: 'SQ', value: [lut] },
        { tag: 0x7fe00010, vr: 'OB', value: Buffer.from([0, 1, 2, 3]) },
      ),
    );
    expect(await shown(file)).toEqual([0, 51, 127, 255]);
  });
});
