import { describe, expect, it } from '@jest/globals';
import type { PaperRecord } from './records.js';
import { summarise } from './summary.js';

interface Times {
  implementation: 'paper' | 'ours';
  withPreview: boolean;
  repeat: number;
  unit: string;
  /** Storing, first-viewable storing, loading, first-viewable loading; seconds. */
  seconds: [number, number, number, number];
  isAdded?: boolean;
}

/** A unit as it stands in the state: once stored, once loaded. */
function recordsOf({ implementation, withPreview, repeat, unit, seconds, isAdded = false }: Times): PaperRecord[] {
  const [storing, firstStoring, loading, firstLoading] = seconds.map((value) => value * 1000);
  const place = `/${implementation}/image/${withPreview}/${repeat}/${unit}`;
  const pass = { implementation, level: 'image', withPreview, repeat, unit };
  return [
    {
      ...{ key: `stored${place}`, stored: true, ...pass, isAdded, byteCount: 900, previewBytes: withPreview ? 100 : 0 },
      ...{ images: 1, transactions: 4, storingMs: storing, firstViewableStoringMs: firstStoring },
    },
    { key: `loaded${place}`, loaded: true, ...pass, loadingMs: loading, firstViewableLoadingMs: firstLoading },
  ] as PaperRecord[];
}

/** Two repeats of images a, b, c: the paper's method takes 10 s for each KB, ours one; repeats differ by a second. */
const records = (['paper', 'ours'] as const).flatMap((implementation) =>
  [1, 2].flatMap((repeat) =>
    [false, true].flatMap((withPreview) =>
      ['a', 'b', 'c'].flatMap((unit, i) => {
        const storing = (implementation === 'paper' ? 10 * (i + 1) : i + 1) + repeat;
        const first = withPreview ? storing / 4 + 0.1 * i * i : storing;
        return recordsOf({
          implementation,
          withPreview,
          repeat,
          unit,
          seconds: [storing, first, 2, withPreview ? 1 : 2],
        });
      }),
    ),
  ),
);

describe('summarise', () => {
  const { scopes, transactions } = summarise(records, { periodSeconds: 1 });
  const { times, ratios, statistics, firstView } = scopes.sample;

  it('gives the mean over the repeats and the deviation between them', () => {
    expect(times.paper!['image-level without preview']!.storing!.mean).toBeCloseTo(21.5);
    expect(times.paper!['image-level without preview']!.storing!.sd).toBeCloseTo(Math.SQRT1_2);
    expect(times.ours!['image-level without preview']!.storing!.mean).toBeCloseTo(3.5);
  });

  it('adds first-viewable storing and loading up', () => {
    const withPreview = times.paper!['image-level with preview']!;
    expect(withPreview.totalFirstViewable!.mean).toBeCloseTo(
      withPreview.firstViewableStoring!.mean + withPreview.firstViewableLoading!.mean,
    );
    expect(times.paper!['image-level without preview']!.totalFirstViewable!.mean).toBeCloseTo(23.5);
  });

  it("divides the paper's method by ours", () => {
    expect(ratios['image-level without preview']!.storing).toBeCloseTo(21.5 / 3.5);
    expect(ratios['image-level without preview']!.loading).toBeCloseTo(1);
    const ours = times.ours!['image-level with preview']!.totalFirstViewable!.mean;
    expect(firstView.image!.ratioToPaperWithoutPreview).toBeCloseTo(23.5 / ours);
    expect(firstView.image!.slowerThanPaperWithPreview).toBe(0);
  });

  it('tests pairs of the means of each image', () => {
    const { n, t, p, pcc } = statistics.paper!.image!;
    expect(n).toBe(3);
    // Differences of 9.625, 17.025 and 24.225 s: t with two degrees of freedom.
    expect(t).toBeCloseTo(4.0235, 3);
    expect(p).toBeCloseTo(0.05658, 4);
    expect(pcc).toBeGreaterThan(0.999);
  });

  it('counts transactions and bytes of one pass', () => {
    expect(transactions.ours!['image-level with preview']).toEqual({ count: 12, byteCount: 2700, previewBytes: 300 });
  });

  it('gives the figures without an image that was added besides', () => {
    expect(scopes.withoutAddedImage).toBeUndefined();
    const added = recordsOf({
      ...{ implementation: 'ours', withPreview: true, repeat: 1, unit: 'large', isAdded: true },
      seconds: [90, 1, 1, 1],
    });
    const both = summarise([...records, ...added], { periodSeconds: 1 }).scopes;
    expect(both.withoutAddedImage!.times).toEqual(times);
    // Units of 2.5, 3.5 and 4.5 s, and the added one, which one repeat alone has.
    expect(both.sample.times.ours!['image-level with preview']!.storing!.mean).toBeCloseTo((2.5 + 3.5 + 4.5 + 90) / 4);
  });
});
