import { placeOf } from '../../growth/header.js';
import { askRow, type AskRowOptions } from './ask-row.js';
import { foundAsk, type Plain, seriesPath } from './reads.js';
import type { RowTools, Work } from './row.js';
import type { SmallArchive } from './small-archive.js';

/** So many values are asked for in turn. */
const VALUES = 6;
/** What OHIF's list of studies asks for. */
export const OHIF_STUDIES =
  '/studies?limit=101&offset=0&fuzzymatching=false&includefield=00081030%2C00080060%2C00080090%2C00100030%2C00100040';

/** A search: `paths` in turn, of which each finds all that there is, or some of many. */
interface Search {
  name: string;
  paths: string[];
  isLimited?: boolean;
  clients?: number[];
}

/** Searches of a small archive. `found` is a study of it, as DICOM JSON has it. */
export function smallSearchWorks(tools: RowTools, { mr, ct }: SmallArchive, found: SmallStudy): Work[] {
  const series = (of: { study: string; series: string }): string[] => [
    `${seriesPath(of).replace('/dicom-web', '')}/instances`,
  ];
  return [
    ...worksOf(tools, 'QIDO, small archive', [
      { name: 'studies, limit 25', paths: ['/studies?limit=25'], isLimited: true, clients: [1, 16] },
      { name: 'studies, as OHIF asks', paths: [OHIF_STUDIES], isLimited: true },
      { name: 'PatientName=*…*', paths: [`/studies?PatientName=*${found.partOfName}*`], clients: [1, 16] },
      { name: 'PatientID', paths: [`/studies?PatientID=${encodeURIComponent(found.PatientID)}`], clients: [1, 16] },
      { name: 'StudyDate range', paths: ['/studies?StudyDate=19000101-20991231'], clients: [1, 16] },
      { name: 'ModalitiesInStudy', paths: ['/studies?ModalitiesInStudy=CT'], clients: [1, 16] },
      { name: 'series of a study', paths: [`/studies/${mr[0]!.study}/series`], clients: [1, 16] },
    ]),
    listRow(tools, `instances of a series of ${mr.length}`, series(mr[0]!)),
    listRow(tools, `instances of a series of ${ct.length.toLocaleString('en')}`, series(ct[0]!)),
  ];
}

/** Of a study that is searched for. */
export interface SmallStudy {
  PatientID: string;
  /** A few letters from the middle of a name. */
  partOfName: string;
}

/** Searches of the made-up catalogue of `instances`. */
export function largeSearchWorks(tools: RowTools, instances: number): Work[] {
  const places = Array.from({ length: VALUES }, (_, i) => placeOf((i * 7_919 + 11) % instances));
  const of = (path: (place: ReturnType<typeof placeOf>) => string): string[] => places.map(path);
  const group = `QIDO, ${instances.toLocaleString('en')} instances`;
  return worksOf(tools, group, [
    { name: 'studies, limit 25', paths: ['/studies?limit=25'], isLimited: true, clients: [1, 16] },
    { name: 'studies, as OHIF asks', paths: [OHIF_STUDIES], isLimited: true },
    { name: 'PatientName=Abe*', paths: ['/studies?PatientName=Abe*'] },
    {
      name: 'PatientName=*…*',
      paths: of(({ PatientName }) => `/studies?PatientName=*${PatientName.slice(2, 6).split('^')[0]}*&limit=25`),
      isLimited: true,
    },
    { name: 'PatientID', paths: of(({ PatientID }) => `/studies?PatientID=${PatientID}`), clients: [1, 16] },
    { name: 'StudyDate, a day', paths: of(({ StudyDate }) => `/studies?StudyDate=${StudyDate}`) },
    {
      name: 'StudyDate, a year, limit 25',
      paths: of(
        ({ StudyDate }) => `/studies?StudyDate=${StudyDate.slice(0, 4)}0101-${StudyDate.slice(0, 4)}1231&limit=25`,
      ),
      isLimited: true,
    },
    { name: 'ModalitiesInStudy=MR, limit 25', paths: ['/studies?ModalitiesInStudy=MR&limit=25'], isLimited: true },
    {
      name: 'AccessionNumber',
      paths: of(({ StudyInstanceUID }) => `/studies?AccessionNumber=A${StudyInstanceUID.slice(10)}`),
    },
    { name: 'StudyInstanceUID', paths: of(({ StudyInstanceUID }) => `/studies?StudyInstanceUID=${StudyInstanceUID}`) },
    { name: 'series of a study', paths: of(({ StudyInstanceUID }) => `/studies/${StudyInstanceUID}/series`) },
    {
      name: 'instances of a series of 5',
      paths: of((place) => `/studies/${place.StudyInstanceUID}/series/${place.SeriesInstanceUID}/instances`),
    },
  ]);
}

function worksOf(tools: RowTools, group: string, searches: readonly Search[]): Work[] {
  return searches.flatMap(({ name, paths, isLimited = false, clients = [1] }) =>
    clients.map((count) => {
      const asks = (): Plain[] => paths.map((path) => foundAsk(path));
      const kind = isLimited ? 'found, some of many' : 'found';
      return askRow(tools, { group, name: `${group}: ${name}`, asks, kind, clients: count } satisfies AskRowOptions);
    }),
  );
}

/** All instances of a series, and how long others stand still meanwhile. */
const listRow = (tools: RowTools, name: string, paths: readonly string[]): Work =>
  askRow(tools, {
    ...{ group: 'Instances of a series', name, kind: 'found', clients: 1, unit: 'ms', withPulse: true },
    ...{ asks: () => paths.map((path) => foundAsk(path)), isNamedByClients: false },
  });
