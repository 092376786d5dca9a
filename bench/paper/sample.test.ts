import { describe, expect, it } from '@jest/globals';
import { drawSample } from './sample.js';

/** 6 patients with one image, 3 with two, 3 with three or more; sizes differ. */
const patients = [1, 2, 1, 3, 1, 2, 1, 5, 1, 2, 1, 3].map((images, i) => ({
  id: i,
  byteCount: (i + 1) * 1000,
  images: Array.from({ length: images }),
}));
const countsOf = (sample: typeof patients): number[] => sample.map(({ images }) => images.length);

describe('drawSample', () => {
  it('draws as many patients as asked, in their order', () => {
    for (let count = 1; count <= patients.length; count++) {
      const ids = drawSample(patients, count).map(({ id }) => id);
      expect(ids).toHaveLength(count);
      expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    }
    expect(drawSample(patients, 13)).toHaveLength(12);
  });

  it('gives each number of images its share', () => {
    const counts = countsOf(drawSample(patients, 4));
    expect(counts.filter((count) => count === 1)).toHaveLength(2);
    expect(counts.filter((count) => count === 2)).toHaveLength(1);
    expect(counts.filter((count) => count >= 3)).toHaveLength(1);
  });

  it('takes the middle of equal parts by size, not the extremes', () => {
    expect(drawSample(patients, 4).map(({ byteCount }) => byteCount)).toEqual([3000, 6000, 8000, 9000]);
  });
});
