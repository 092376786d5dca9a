/** What Li & Kuo report (doi 10.1016/j.ijmedinf.2021.104599): Tables 1 to 3, Fig. 5, §5.1; KB, seconds. */
export const published = {
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

function times(storing, firstViewableStoring, loading, firstViewableLoading, totalFirstViewable) {
  return { storing, firstViewableStoring, loading, firstViewableLoading, totalFirstViewable };
}
