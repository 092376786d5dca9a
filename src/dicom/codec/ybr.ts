/** Y1 Y2 CB CR of each two pixels (PS3.3 §C.7.6.3.1.2, YBR_FULL_422) as Y CB CR of each pixel. */
export function expand422(shared: Uint8Array, pixelCount: number): Uint8Array {
  const pixels = new Uint8Array(3 * pixelCount);
  for (let pixel = 0; pixel < pixelCount; pixel++) {
    const pair = (pixel >> 1) * 4;
    pixels[3 * pixel] = shared[pair + (pixel & 1)] ?? 0;
    pixels[3 * pixel + 1] = shared[pair + 2] ?? 128;
    pixels[3 * pixel + 2] = shared[pair + 3] ?? 128;
  }
  return pixels;
}

/** The reverse of `expand422`, of an even number of pixels: two share the mean of their colour differences. */
export function share422(pixels: Uint8Array): Uint8Array {
  const shared = new Uint8Array((pixels.length / 3) * 2);
  const mean = (at: number): number => ((pixels[at] ?? 0) + (pixels[at + 3] ?? 0) + 1) >> 1;
  for (let from = 0, to = 0; from < pixels.length; from += 6) {
    shared[to++] = pixels[from] ?? 0;
    shared[to++] = pixels[from + 3] ?? 0;
    shared[to++] = mean(from + 1);
    shared[to++] = mean(from + 2);
  }
  return shared;
}

/** R, G, B as YBR_FULL (PS3.3 §C.7.6.3.1.2), 8 bits each. */
export function rgbToYbr(rgb: Uint8Array): Uint8Array {
  const ybr = new Uint8ClampedArray(rgb.length);
  for (let at = 0; at + 2 < rgb.length; at += 3) {
    const [r, g, b] = [rgb[at] ?? 0, rgb[at + 1] ?? 0, rgb[at + 2] ?? 0];
    ybr[at] = 0.299 * r + 0.587 * g + 0.114 * b;
    ybr[at + 1] = 128 - 0.168736 * r - 0.331264 * g + 0.5 * b;
    ybr[at + 2] = 128 + 0.5 * r - 0.418688 * g - 0.081312 * b;
  }
  return new Uint8Array(ybr.buffer);
}

/** What luminance and colour differences are multiplied by. */
interface YbrWeights {
  black: number;
  y: number;
  redOfCr: number;
  greenOfCb: number;
  greenOfCr: number;
  blueOfCb: number;
}

/** PS3.3 §C.7.6.3.1.2, YBR_FULL. */
export const FULL_RANGE: YbrWeights = {
  black: 0,
  y: 1,
  redOfCr: 1.402,
  greenOfCb: 0.344136,
  greenOfCr: 0.714136,
  blueOfCb: 1.772,
};
/** PS3.3 §C.7.6.3.1.2, YBR_PARTIAL_422: Y from 16 to 235, the others from 16 to 240. */
export const PARTIAL_RANGE: YbrWeights = {
  black: 16,
  y: 1.1644,
  redOfCr: 1.596,
  greenOfCb: 0.3918,
  greenOfCr: 0.813,
  blueOfCb: 2.0173,
};

/** Y CB CR of each pixel as R, G, B, 8 bits each. */
export function ybrToRgb(ybr: Uint8Array, weights: YbrWeights = FULL_RANGE): Uint8Array {
  const rgb = new Uint8ClampedArray(ybr.length);
  for (let at = 0; at + 2 < ybr.length; at += 3) {
    const y = weights.y * ((ybr[at] ?? 0) - weights.black);
    const cb = (ybr[at + 1] ?? 128) - 128;
    const cr = (ybr[at + 2] ?? 128) - 128;
    rgb[at] = y + weights.redOfCr * cr;
    rgb[at + 1] = y - weights.greenOfCb * cb - weights.greenOfCr * cr;
    rgb[at + 2] = y + weights.blueOfCb * cb;
  }
  return new Uint8Array(rgb.buffer);
}
