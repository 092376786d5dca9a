const ORIENTATION = 0x0112;

/** The orientation, 1 to 8, that a TIFF block (the body of EXIF) states; 1 where it states none, or another number. */
export function exifOrientation(tiff: Buffer): number {
  const order = tiff.toString('latin1', 0, 2);
  if ((order !== 'II' && order !== 'MM') || tiff.length < 8) return 1;
  const uint16 = (at: number) => (order === 'II' ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = order === 'II' ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (directory + 2 > tiff.length) return 1;
  const entryCount = uint16(directory);
  for (let index = 0; index < entryCount; index++) {
    const entry = directory + 2 + 12 * index;
    if (entry + 12 > tiff.length) return 1;
    if (uint16(entry) !== ORIENTATION) continue;
    const orientation = uint16(entry + 8);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  }
  return 1;
}

/** True for the orientations in which an upright picture has the stored width as its height. */
export function swapsSides(orientation: number): boolean {
  return orientation >= 5;
}

/** Puts pixels upright: `pixels` has `rows` × `columns` of `pixelBytes` each, as stored under EXIF `orientation`. */
export function upright(
  pixels: Buffer,
  {
    rows,
    columns,
    pixelBytes,
    orientation,
  }: { rows: number; columns: number; pixelBytes: number; orientation: number },
): Buffer {
  if (orientation === 1) return pixels;
  const outRows = swapsSides(orientation) ? columns : rows;
  const outColumns = swapsSides(orientation) ? rows : columns;
  const out = Buffer.alloc(pixels.length);
  // EXIF 2.32 §4.6.4 A: which stored side is the visible top, and which the visible left.
  const mirrorsX = [2, 3, 7, 8].includes(orientation);
  const mirrorsY = [3, 4, 6, 7].includes(orientation);
  let to = 0;
  for (let y = 0; y < outRows; y++) {
    for (let x = 0; x < outColumns; x++) {
      const across = swapsSides(orientation) ? y : x;
      const down = swapsSides(orientation) ? x : y;
      const column = mirrorsX ? columns - 1 - across : across;
      const row = mirrorsY ? rows - 1 - down : down;
      const from = (row * columns + column) * pixelBytes;
      for (let byte = 0; byte < pixelBytes; byte++) out[to++] = pixels[from + byte] ?? 0;
    }
  }
  return out;
}
