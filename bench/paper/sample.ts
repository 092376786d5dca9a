/** By number of images; in the paper's data half of the patients have one, and few more than two. */
const STRATA = [(n: number) => n === 1, (n: number) => n === 2, (n: number) => n >= 3];

export interface SamplePatient {
  byteCount: number;
  images: readonly unknown[];
}

/**
 * Draws `count` patients in the same order: from each stratum of the number of images its share, and from each stratum the
 * middle ones of equal parts by total size. The same patients always give the same sample.
 */
export function drawSample<P extends SamplePatient>(patients: readonly P[], count: number): P[] {
  if (count >= patients.length) return [...patients];
  const groups = STRATA.map((belongs) =>
    patients.filter(({ images }) => belongs(images.length)).toSorted((a, b) => a.byteCount - b.byteCount),
  );
  const drawn = new Set(
    shares(
      groups.map((group) => group.length),
      count,
    ).flatMap((share, i) => middles(groups[i] ?? [], share)),
  );
  return patients.filter((patient) => drawn.has(patient));
}

/** Whole numbers in proportion to `sizes` that sum up to `count`: the largest remainders are rounded up. */
function shares(sizes: readonly number[], count: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const exact = sizes.map((size) => (size / total) * count);
  const whole = exact.map(Math.floor);
  const missing = count - whole.reduce((sum, share) => sum + share, 0);
  const order = exact.map((share, i): [number, number] => [share - whole[i]!, i]).toSorted(([a], [b]) => b - a);
  for (const [, i] of order.slice(0, missing)) whole[i]!++;
  return whole;
}

function middles<P>(group: readonly P[], share: number): P[] {
  return Array.from({ length: share }, (_, i) => group[Math.floor(((i + 0.5) * group.length) / share)]!);
}
