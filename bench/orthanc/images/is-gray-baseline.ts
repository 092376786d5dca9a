const SOI_BYTES = 2;
const BASELINE = 0xc0;
const OTHER_FRAMES = [0xc1, 0xc2, 0xc3];

/** Whether a JPEG is baseline and of one component (ITU-T T.81 §B.2.2). */
export function isGrayBaseline(jpeg: Buffer): boolean {
  for (let at = SOI_BYTES; at + 10 < jpeg.length; at += 2 + jpeg.readUInt16BE(at + 2)) {
    const marker = jpeg[at + 1]!;
    if (jpeg[at] !== 0xff || OTHER_FRAMES.includes(marker)) return false;
    if (marker === BASELINE) return jpeg[at + 9] === 1;
  }
  return false;
}
