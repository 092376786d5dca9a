import type { Overlay } from './overlays.js';
import type { Picture } from './picture.js';

/**
 * Draws the planes onto the picture in white, as far as they lie on it. `words` is the native frame by pixel that planes
 * in unused bits are read from.
 */
export function drawOverlays(
  picture: Picture,
  { overlays, words }: { overlays: readonly Overlay[]; words: (pixel: number) => number },
): void {
  const { pixels, width, height, channels } = picture;
  for (const overlay of overlays) {
    const isSet = bitReader(overlay, words);
    const fromRow = Math.max(0, -overlay.top);
    const toRow = Math.min(overlay.Rows, height - overlay.top);
    const fromColumn = Math.max(0, -overlay.left);
    const toColumn = Math.min(overlay.Columns, width - overlay.left);
    for (let row = fromRow; row < toRow; row++) {
      for (let column = fromColumn; column < toColumn; column++) {
        const at = (row + overlay.top) * width + column + overlay.left;
        if (isSet(row * overlay.Columns + column, at)) pixels.fill(255, at * channels, (at + 1) * channels);
      }
    }
  }
}

function bitReader(
  { bits, firstBit, bitPosition = 0 }: Overlay,
  words: (pixel: number) => number,
): (index: number, pixel: number) => boolean {
  if (bits === undefined) return (_index, pixel) => ((words(pixel) >> bitPosition) & 1) === 1;
  return (index) => (((bits[(firstBit + index) >> 3] ?? 0) >> ((firstBit + index) & 7)) & 1) === 1;
}
