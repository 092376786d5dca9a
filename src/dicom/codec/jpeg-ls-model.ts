/** The preset coding parameters of a scan; 0 stands for the default (ISO 14495-1 §C.2.4.1.1). */
export interface Presets {
  maximum: number;
  thresholds: readonly [number, number, number];
  reset: number;
}

/** What coder and decoder derive from the parameters of a scan (ISO 14495-1 §A.2). */
export interface JpegLsModel {
  near: number;
  maximum: number;
  reset: number;
  /** 2 × near + 1: the distance of two quantized values. */
  step: number;
  range: number;
  /** Bits of a mapped error that is written in full. */
  errorBits: number;
  /** Longest code word. */
  limit: number;
  /** −4 to 4 of each gradient from −maximum to maximum, at index gradient + maximum. */
  quantized: Int8Array;
  /** First value of the context counters A. */
  start: number;
}

export function jpegLsModel(bits: number, near: number, presets: Presets): JpegLsModel {
  const maximum = presets.maximum || 2 ** bits - 1;
  const step = 2 * near + 1;
  const range = Math.floor((maximum + 2 * near) / step) + 1;
  const sampleBits = Math.max(2, bitLength(maximum));
  const thresholds = presets.thresholds.map((given, index) => given || defaultThreshold(index, { maximum, near }));
  return {
    near,
    maximum,
    reset: presets.reset || 64,
    step,
    range,
    errorBits: bitLength(range - 1),
    limit: 2 * (sampleBits + Math.max(8, sampleBits)),
    quantized: quantizer(maximum, near, thresholds),
    start: Math.max(2, Math.floor((range + 32) / 64)),
  };
}

/** ISO 14495-1 §C.2.4.1.1.1. */
function defaultThreshold(index: number, { maximum, near }: { maximum: number; near: number }): number {
  const basic = [3, 7, 21][index] ?? 0;
  const nears = [3, 5, 7][index] ?? 0;
  const least = index + 2;
  const lowest = index === 0 ? near + 1 : defaultThreshold(index - 1, { maximum, near });
  const factor = Math.floor((Math.min(maximum, 4095) + 128) / 256);
  const wanted =
    maximum >= 128
      ? factor * (basic - least) + least + nears * near
      : Math.max(least, Math.floor(basic / Math.floor(256 / (maximum + 1))) + nears * near);
  return wanted > maximum || wanted < lowest ? lowest : wanted;
}

/** ISO 14495-1 §A.3.3. */
function quantizer(maximum: number, near: number, thresholds: readonly number[]): Int8Array {
  const [first = 0, second = 0, third = 0] = thresholds;
  const quantized = new Int8Array(2 * maximum + 1);
  for (let gradient = 0; gradient <= maximum; gradient++) {
    const level =
      gradient <= near ? 0 : gradient < first ? 1 : gradient < second ? 2 : gradient < third ? 3 : 4; // prettier-ignore
    quantized[maximum + gradient] = level;
    quantized[maximum - gradient] = -level;
  }
  return quantized;
}

function bitLength(value: number): number {
  return 32 - Math.clz32(value);
}
