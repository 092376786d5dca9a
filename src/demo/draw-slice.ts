/** Square slices of samples, and how they become pixels. */
export interface Square {
  /** Pixels along a side. */
  size: number;
  /** Millimetres from pixel to pixel; the middle of the square is 0, 0. */
  spacing: number;
}

/** One value for each pixel, by rows; `valueAt` is asked in millimetres, to the right and downwards. */
export function drawSlice({ size, spacing }: Square, valueAt: (x: number, y: number) => number): Float32Array {
  const values = new Float32Array(size * size);
  const corner = -((size - 1) / 2) * spacing;
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++)
      values[row * size + column] = valueAt(corner + column * spacing, corner + row * spacing);
  return values;
}

/** Each value with its neighbours, 1-2-1 in both directions: as scanners blur an edge. */
export function blurSlice(values: Float32Array, size: number): Float32Array {
  const across = blurLines(values, { count: size, step: 1, lines: size, lineStep: size });
  return blurLines(across, { count: size, step: size, lines: size, lineStep: 1 });
}

function blurLines(
  values: Float32Array,
  { count, step, lines, lineStep }: { count: number; step: number; lines: number; lineStep: number },
): Float32Array {
  const blurred = new Float32Array(values.length);
  for (let line = 0; line < lines; line++)
    for (let index = 0; index < count; index++) {
      const at = line * lineStep + index * step;
      const before = values[index === 0 ? at : at - step]!;
      const after = values[index === count - 1 ? at : at + step]!;
      blurred[at] = (before + 2 * values[at]! + after) / 4;
    }
  return blurred;
}

/** Samples of 16 bits, little endian, rounded and kept between 0 and `most`. */
export function samplesOf(values: Float32Array, most: number): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [at, value] of values.entries())
    bytes.writeUInt16LE(Math.min(Math.max(Math.round(value), 0), most), 2 * at);
  return bytes;
}
