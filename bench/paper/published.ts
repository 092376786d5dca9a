import type { Level } from './passes.js';
import type { Measure } from './measures.js';

export interface DescribedImages {
  total: number;
  jpg: number;
  png: number;
}

export interface DescribedPatients {
  total: number;
  imagesMaximum: number;
  imagesMinimum: number;
  imagesMedian: number;
  imagesAverage: number;
}

export interface DescribedSizes {
  maximumKB: number;
  minimumKB: number;
  medianKB: number;
  averageKB: number;
}

/** Table 1: images, and patients by the sum of their images. */
export interface DescribedData {
  images: DescribedImages & DescribedSizes;
  patients: DescribedPatients & DescribedSizes;
}

export interface Published extends DescribedData {
  /** By method, in seconds. */
  times: Record<string, Record<Measure, number>>;
  statistics: Record<Level, { p: string; pcc: number }>;
  transactions: { pieces: number; previews: number };
}

/** What Li & Kuo report (doi 10.1016/j.ijmedinf.2021.104599): Tables 1 to 3, Fig. 5, §5.1; KB, seconds. */
export const PUBLISHED: Published = {
  images: { total: 920, jpg: 711, png: 209, maximumKB: 18497, minimumKB: 10, medianKB: 221, averageKB: 584 },
  patients: {
    ...{ total: 450, imagesMaximum: 22, imagesMinimum: 1, imagesMedian: 2, imagesAverage: 2 },
    ...{ maximumKB: 57043, minimumKB: 10, medianKB: 401, averageKB: 1195 },
  },
  times: {
    'patient-level without preview': times(172.804, 172.804, 6.995, 6.995, 179.799),
    'patient-level with preview': times(185.071, 12.167, 7.593, 0.145, 12.312),
    'image-level without preview': times(83.542, 83.542, 0.516, 0.516, 84.058),
    'image-level with preview': times(89.817, 6.102, 0.697, 0.013, 6.115),
  },
  statistics: { patient: { p: '< 10⁻⁹', pcc: 0.887 }, image: { p: '< 10⁻⁴⁴', pcc: 0.626 } },
  transactions: { pieces: 18396, previews: 920 },
};

function times(
  storing: number,
  firstViewableStoring: number,
  loading: number,
  firstViewableLoading: number,
  totalFirstViewable: number,
): Record<Measure, number> {
  return { storing, firstViewableStoring, loading, firstViewableLoading, totalFirstViewable };
}
