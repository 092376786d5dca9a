import { jpegLsModel, type Presets } from './jpeg-ls-model.js';
import { decodeJpegLsLine, createJpegLsScan, type Line } from './jpeg-ls-scan.js';

export interface JpegLsFrame {
  Rows: number;
  Columns: number;
  SamplesPerPixel: number;
  /** Bits of a sample, 2 to 16. */
  precisionBits: number;
}

/** Samples by pixel. */
export interface JpegLsImage extends JpegLsFrame {
  samples: Uint8Array | Uint16Array;
}

const SOF55 = 0xf7;
const LSE = 0xf8;
const SOS = 0xda;
const DRI = 0xdd;
const RST0 = 0xd0;

/** What the frame header says; throws when there is none. */
export function readJpegLsFrame(stream: Buffer): JpegLsFrame {
  for (const { marker, body } of segments(stream)) if (marker === SOF55) return frameOf(body);
  throw new Error('there is no JPEG-LS frame header');
}

/**
 * Decodes a JPEG-LS stream, lossless or near-lossless, in any interleave mode (ISO 14495-1). Written for this project because
 * no library at hand decodes every stream and survives every broken one. Throws an Error that says what is wrong.
 */
export function decodeJpegLs(stream: Buffer): JpegLsImage {
  let image: (JpegLsImage & { ids: number[] }) | undefined;
  let presets: Presets = { maximum: 0, thresholds: [0, 0, 0], reset: 0 };
  let restartLines = 0;
  const done = new Set<number>();
  for (const { marker, body, end, resume } of segments(stream)) {
    if (marker === SOF55 && image === undefined) {
      const frame = frameOf(body);
      const sampleCount = frame.Rows * frame.Columns * frame.SamplesPerPixel;
      const samples = frame.precisionBits > 8 ? new Uint16Array(sampleCount) : new Uint8Array(sampleCount);
      const ids = Array.from({ length: frame.SamplesPerPixel }, (_, index) => body.readUInt8(6 + 3 * index));
      image = { ...frame, samples, ids };
    } else if (marker === LSE && body[0] === 1) presets = presetsOf(body);
    else if (marker === LSE) throw new Error('mapping tables are not supported');
    else if (marker === DRI) restartLines = restartLinesOf(body);
    else if (marker === SOS) {
      if (image === undefined) throw new Error('a scan comes before the frame header');
      const components = scanComponents(body, image.ids);
      resume(decodeInto(image, { stream, offset: end, components, body, presets, restartLines }));
      components.forEach((component) => done.add(component));
      if (done.size === image.SamplesPerPixel) return image;
    }
  }
  throw new Error('not all components have a scan');
}

interface Segment {
  marker: number;
  /** Without the length. */
  body: Buffer;
  /** Of the segment. */
  end: number;
  /** Go on there: behind a scan. */
  resume: (at: number) => void;
}

function* segments(stream: Buffer): Generator<Segment> {
  if (stream.length < 2 || stream.readUInt16BE(0) !== 0xffd8) throw new Error('it does not begin as a JPEG stream');
  let at = 2;
  while (at + 4 <= stream.length) {
    if (stream[at] !== 0xff) throw new Error(`there is no marker at byte ${at}`);
    const marker = stream.readUInt8(at + 1);
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === 0xd9) return;
    const end = at + 2 + stream.readUInt16BE(at + 2);
    if (end < at + 4 || end > stream.length) throw new Error(`the segment at byte ${at} ends beyond the stream`);
    let next = end;
    yield { marker, body: stream.subarray(at + 4, end), end, resume: (offset) => (next = offset) };
    at = next;
  }
}

function frameOf(body: Buffer): JpegLsFrame {
  if (body.length < 6 || body.length < 6 + 3 * body.readUInt8(5)) throw new Error('the frame header is too short');
  const frame = {
    precisionBits: body.readUInt8(0),
    Rows: body.readUInt16BE(1),
    Columns: body.readUInt16BE(3),
    SamplesPerPixel: body.readUInt8(5),
  };
  if (frame.precisionBits < 2 || frame.precisionBits > 16)
    throw new Error(`${frame.precisionBits} bits are no precision`);
  if (frame.SamplesPerPixel < 1 || frame.SamplesPerPixel > 4) throw new Error('it has more than four components');
  if (frame.Rows === 0 || frame.Columns === 0) throw new Error('it has no pixels');
  return frame;
}

function presetsOf(body: Buffer): Presets {
  if (body.length < 11) throw new Error('the preset parameters are too short');
  const [maximum = 0, first = 0, second = 0, third = 0, reset = 0] = [1, 3, 5, 7, 9].map((at) => body.readUInt16BE(at));
  return { maximum, thresholds: [first, second, third], reset };
}

/** Lines between two restart markers, in two to four bytes; 0 for none (ISO 14495-1 §C.2.5). */
function restartLinesOf(body: Buffer): number {
  if (body.length < 2 || body.length > 4) throw new Error('the restart interval has no number');
  return body.readUIntBE(0, body.length);
}

/** Positions in the frame of the components of a scan. */
function scanComponents(body: Buffer, ids: readonly number[]): number[] {
  const count = body[0] ?? 0;
  if (body.length < 4 + 2 * count) throw new Error('the scan header is too short');
  const components = Array.from({ length: count }, (_, index) => ids.indexOf(body.readUInt8(1 + 2 * index)));
  if (count === 0 || components.includes(-1) || new Set(components).size !== count)
    throw new Error('a scan names components that are not there');
  return components;
}

/** Returns where the next marker is. */
function decodeInto(
  { Rows, Columns, SamplesPerPixel, precisionBits, samples }: JpegLsImage,
  {
    stream,
    offset,
    components,
    body,
    presets,
    restartLines,
  }: {
    stream: Buffer;
    offset: number;
    components: readonly number[];
    body: Buffer;
    presets: Presets;
    restartLines: number;
  },
): number {
  const [near = 0, interleave = 0, transform = 0] = body.subarray(1 + 2 * components.length);
  if (presets.maximum >= 2 ** precisionBits) throw new Error('the largest sample exceeds the precision');
  const model = jpegLsModel(precisionBits, near, presets);
  if (near > Math.min(255, model.maximum >> 1)) throw new Error(`an error of ${near} is too large`);
  if (transform !== 0) throw new Error('point transforms are not supported');
  if (interleave > 2 || (interleave === 0 && components.length > 1)) throw new Error('the interleave mode is unknown');
  // Components coded sample by sample share a line; the others have one each.
  const stride = interleave === 2 ? components.length : 1;
  const firsts = components.filter((_, index) => index % stride === 0);
  const newLine = (): Line => new Int32Array((Columns + 2) * stride);
  let scan = createJpegLsScan(stream, offset, model);
  let above = firsts.map(newLine);
  let lines = firsts.map(newLine);
  for (let row = 0; row < Rows; row++) {
    if (restartLines > 0 && row > 0 && row % restartLines === 0) {
      if (stream[scan.end + 1] !== RST0 + ((row / restartLines - 1) & 7))
        throw new Error(`there is no restart marker before line ${row}`);
      // As if the scan began here: nothing is known of the lines above.
      scan = createJpegLsScan(stream, scan.end + 2, model);
      above = firsts.map(newLine);
      lines = firsts.map(newLine);
    }
    lines.forEach((line, index) => decodeJpegLsLine(scan, { above: above[index]!, line, stride, component: index }));
    components.forEach((component, index) => {
      const line = lines[Math.floor(index / stride)]!.subarray(stride + (index % stride), stride * (Columns + 1));
      put(line, { stride, samples, to: row * Columns * SamplesPerPixel + component, toStride: SamplesPerPixel });
    });
    [above, lines] = [lines, above];
  }
  return scan.end;
}

function put(
  line: Line,
  { stride, samples, to, toStride }: { stride: number; samples: JpegLsImage['samples']; to: number; toStride: number },
): void {
  for (let from = 0, at = to; from < line.length; from += stride, at += toStride) samples[at] = line[from]!;
}
