import type { Picture } from '../render/picture.js';

/** How far two pictures are apart, in steps of 0 to 255. */
export interface Difference {
  /** Of all samples on average. */
  mean: number;
  /** Of one colour in the square of 8 × 8 pixels in which it is largest, on average. */
  worst: number;
}

const SQUARE = 8;
const COLOURS = 3;

/** Compares a picture with R, G, B of a picture of the same size. */
export function comparePictures({ pixels, width, height, channels }: Picture, colours: Uint8Array): Difference {
  let sum = 0;
  let worst = 0;
  for (let top = 0; top < height; top += SQUARE)
    for (let left = 0; left < width; left += SQUARE)
      for (let colour = 0; colour < COLOURS; colour++) {
        const channel = channels === 1 ? 0 : colour;
        let inSquare = 0;
        for (let y = top; y < Math.min(top + SQUARE, height); y++)
          for (let x = left; x < Math.min(left + SQUARE, width); x++) {
            const at = y * width + x;
            inSquare += Math.abs(pixels[at * channels + channel]! - colours[at * COLOURS + colour]!);
          }
        sum += inSquare;
        // A strip at the border counts as a whole square: a line is no square.
        worst = Math.max(worst, inSquare / SQUARE ** 2);
      }
  return { mean: sum / (width * height * COLOURS), worst };
}
