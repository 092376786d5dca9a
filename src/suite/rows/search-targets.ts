import { accept } from '../ask/accept.js';
import { partsOf } from '../ask/multipart.js';
import { Unmet } from '../ask/unmet.js';
import { dataSetsOf, firstOf, type JsonDataSet } from '../judge/data-sets.js';
import { must, requireStatus, requireType } from '../judge/require-status.js';
import { newUid } from '../made/new-uid.js';
import type { Checked, Group, Row } from '../row.js';

/** The matches of a search in JSON; none for 204. */
export async function found({ server }: Pick<Checked, 'server'>, path: string): Promise<JsonDataSet[]> {
  const answer = requireStatus(await server.get(path, accept.json), 200, 204);
  return answer.status === 204 || answer.body.length === 0 ? [] : dataSetsOf(answer);
}

/** The six targets (PS3.18 Table 10.6.1-1), each for the main study, with how many match there and the UID that tells them apart. */
const TARGETS: readonly [string, (checked: Checked) => string, number, string][] = [
  ['studies', ({ data }) => `/studies?StudyInstanceUID=${data.main.study}`, 1, '0020000D'],
  ['series-of-study', ({ data }) => `/studies/${data.main.study}/series`, 5, '0020000E'],
  ['series', ({ data }) => `/series?StudyInstanceUID=${data.main.study}`, 5, '0020000E'],
  ['instances-of-study', ({ data }) => `/studies/${data.main.study}/instances`, 6, '00080018'],
  [
    'instances-of-series',
    ({ data: { main } }) => `/studies/${main.study}/series/${main.first.series}/instances`,
    2,
    '00080018',
  ],
  ['instances', ({ data }) => `/instances?StudyInstanceUID=${data.main.study}`, 6, '00080018'],
];

const TARGET_ROWS: Row[] = TARGETS.map(([name, pathOfTarget, count, uid]) => ({
  name: `search-${name}`,
  level: 'MUST',
  section: 'PS3.18 §10.6.1.1',
  sentence: `The search for ${name.replaceAll('-', ' ')} finds ${count} in the main study, each once.`,
  check: async (checked) => {
    const uids = new Set((await found(checked, pathOfTarget(checked))).map((one) => firstOf(one, uid)));
    must(uids.size === count && !uids.has(undefined), `It finds ${uids.size}.`);
  },
}));

type Returned = readonly [
  level: string,
  path: (checked: Checked) => string,
  attributes: Record<string, string>,
  section: string,
];

/** What a search always returns. */
const RETURNED: readonly Returned[] = [
  [
    'study',
    ({ data }) => `/studies?StudyInstanceUID=${data.main.study}`,
    {
      StudyDate: '00080020',
      StudyTime: '00080030',
      AccessionNumber: '00080050',
      ModalitiesInStudy: '00080061',
      ReferringPhysicianName: '00080090',
      PatientName: '00100010',
      PatientID: '00100020',
      PatientBirthDate: '00100030',
      PatientSex: '00100040',
      StudyInstanceUID: '0020000D',
      StudyID: '00200010',
      NumberOfStudyRelatedSeries: '00201206',
      NumberOfStudyRelatedInstances: '00201208',
    },
    'PS3.18 Table 10.6.3-3',
  ],
  [
    'series',
    ({ data: { main } }) => `/studies/${main.study}/series?SeriesInstanceUID=${main.first.series}`,
    {
      Modality: '00080060',
      SeriesInstanceUID: '0020000E',
      SeriesNumber: '00200011',
      NumberOfSeriesRelatedInstances: '00201209',
      PerformedProcedureStepStartDate: '00400244',
      PerformedProcedureStepStartTime: '00400245',
      RequestAttributesSequence: '00400275',
    },
    'PS3.18 Table 10.6.3-4',
  ],
  [
    'instance',
    ({ data: { main } }) =>
      `/studies/${main.study}/series/${main.first.series}/instances?SOPInstanceUID=${main.first.instance}`,
    {
      SOPClassUID: '00080016',
      SOPInstanceUID: '00080018',
      InstanceNumber: '00200013',
      Rows: '00280010',
      Columns: '00280011',
      BitsAllocated: '00280100',
    },
    'PS3.18 Table 10.6.3-5',
  ],
];

const RETURNED_ROWS: Row[] = RETURNED.flatMap(([level, pathOfSearch, attributes, section]) =>
  Object.entries(attributes).map(([keyword, tag]) => ({
    name: `search-returns-${level}-${keyword}`,
    level: 'MUST' as const,
    section,
    sentence: `A ${level} that is found has its ${keyword}.`,
    check: async (checked: Checked) => {
      const [match] = await found(checked, pathOfSearch(checked));
      must(match, `The ${level} is not found.`);
      must(match[tag]?.Value?.length, `(${tag.slice(0, 4)},${tag.slice(4)}) has no value.`);
    },
  })),
);

export const searchTargets: Group = {
  title: 'Search: targets and what is returned',
  rows: [
    ...TARGET_ROWS,
    {
      name: 'search-counts',
      level: 'MUST',
      section: 'PS3.18 Table 10.6.3-3',
      sentence: 'Numbers of series and instances, and the modalities of a study, are those that were stored.',
      check: async (checked) => {
        const [match] = await found(checked, `/studies?StudyInstanceUID=${checked.data.main.study}`);
        must(
          Number(firstOf(match, '00201206')) === 5,
          `NumberOfStudyRelatedSeries is ${firstOf(match, '00201206')}, not 5.`,
        );
        must(
          Number(firstOf(match, '00201208')) === 6,
          `NumberOfStudyRelatedInstances is ${firstOf(match, '00201208')}, not 6.`,
        );
        const modalities = [...(match?.['00080061']?.Value ?? [])].sort().join();
        must(modalities === 'CT,DOC,OT,SR', `ModalitiesInStudy is ${modalities}.`);
      },
    },
    {
      name: 'search-retrieve-url',
      level: 'MUST',
      section: 'PS3.18 Table 10.6.3-3',
      sentence: 'A Retrieve URL (0008,1190) that a search returns leads to the study.',
      check: async (checked) => {
        const [match] = await found(checked, `/studies?StudyInstanceUID=${checked.data.main.study}`);
        const url = firstOf(match, '00081190') ?? '';
        if (url === '') throw new Unmet('The search returns none.', 'not-offered');
        requireStatus(await checked.server.get(url, accept.stored), 200);
      },
    },
    {
      name: 'search-xml',
      level: 'MUST',
      section: 'PS3.18 §10.6.4',
      sentence: 'A search is answered in XML, one part for each match, when Accept asks for it.',
      check: async ({ server, data }) => {
        const answer = requireStatus(await server.get(`/studies/${data.main.study}/series`, accept.xml), 200);
        const parts = partsOf(answer).map(({ body }) => body.toString('utf8'));
        must(
          parts.length === 5 && parts.every((text) => /<NativeDicomModel[\s>]/.test(text)),
          `There are ${parts.length} parts for five series, or they are no NativeDicomModel.`,
        );
      },
    },
    {
      name: 'search-406',
      level: 'MUST',
      section: 'PS3.18 §8.7.8.1',
      sentence: 'A search in a media type that there is not is refused: 406.',
      check: async ({ server }) => {
        requireStatus(await server.get('/studies?limit=1', 'image/png'), 406);
      },
    },
    {
      name: 'search-none',
      level: 'MUST',
      section: 'PS3.18 §10.6.3.1',
      sentence:
        'A search that finds nothing is answered with 200 and an empty array or body; with 204 in editions until 2025.',
      check: async ({ server }) => {
        const answer = requireStatus(await server.get(`/studies?StudyInstanceUID=${newUid()}`, accept.json), 200, 204);
        must(answer.body.length === 0 || dataSetsOf(answer).length === 0, 'It has matches.');
        return `${answer.status}`;
      },
    },
    {
      name: 'search-csv',
      level: 'MAY',
      section: 'PS3.18 §10.6.4',
      sentence: 'A search is answered as text/csv.',
      check: async ({ server, data }) => {
        requireType(requireStatus(await server.get(`/studies/${data.main.study}/series`, 'text/csv'), 200), 'text/csv');
      },
    },
    ...RETURNED_ROWS,
  ],
};
