import { accept } from '../ask/accept.js';
import { Unmet } from '../ask/unmet.js';
import { firstOf } from '../judge/data-sets.js';
import { must, requireStatus } from '../judge/require-status.js';
import { MAIN_STUDY } from '../made/made-data.js';
import { newUid } from '../made/new-uid.js';
import type { Checked, Group, Row } from '../row.js';
import { found } from './search-targets.js';

type Key = readonly [key: string, right: (checked: Checked) => string, wrong: string];

const always = (value: string) => (): string => value;

/** Keys that a server has to match (PS3.18 Table 10.6.1-5), each with a value that is there and one that is not. */
const STUDY_KEYS: readonly Key[] = [
  ['StudyDate', always(MAIN_STUDY.StudyDate), '19000101'],
  ['StudyTime', always(MAIN_STUDY.StudyTime), '000001'],
  ['AccessionNumber', ({ data }) => data.tag, 'NONE'],
  ['ModalitiesInStudy', always('CT'), 'MG'],
  ['ReferringPhysicianName', always(MAIN_STUDY.ReferringPhysicianName), 'Nobody^Nora'],
  ['PatientName', always(MAIN_STUDY.PatientName), 'Nobody^Nora'],
  ['PatientID', ({ data }) => `${data.tag}-A`, 'NONE'],
  ['StudyInstanceUID', ({ data }) => data.main.study, newUid()],
  ['StudyID', always(MAIN_STUDY.StudyID), 'NONE'],
];
const SERIES_KEYS: readonly Key[] = [
  ['Modality', always('CT'), 'MG'],
  ['SeriesInstanceUID', ({ data }) => data.main.first.series, newUid()],
  ['SeriesNumber', always('1'), '99'],
  ['PerformedProcedureStepStartDate', always(MAIN_STUDY.StudyDate), '19000101'],
  ['PerformedProcedureStepStartTime', always('101600'), '000001'],
  ['RequestAttributesSequence.ScheduledProcedureStepID', always('STEP1'), 'NONE'],
  ['RequestAttributesSequence.RequestedProcedureID', always('PROC1'), 'NONE'],
];
const INSTANCE_KEYS: readonly Key[] = [
  ['SOPClassUID', ({ data }) => data.main.first.SOPClassUID, newUid()],
  ['SOPInstanceUID', ({ data }) => data.main.first.instance, newUid()],
  ['InstanceNumber', always('1'), '99'],
];

/** Whether a study of the run is found; `query` begins with a question mark. */
async function finds(checked: Checked, query: string, study = checked.data.main.study): Promise<boolean> {
  return (await found(checked, `/studies${query}`)).some((match) => firstOf(match, '0020000D') === study);
}

const keyRows = (keys: readonly Key[], pathOfSearch: (checked: Checked) => string, level: string): Row[] =>
  keys.map(([key, right, wrong]) => ({
    name: `match-${level}-${key}`,
    level: 'MUST',
    section: 'PS3.18 Table 10.6.1-5',
    sentence: `A search by ${key} finds the ${level} that has the value, and not with another value.`,
    check: async (checked) => {
      const path = pathOfSearch(checked);
      const joined = path.includes('?') ? '&' : '?';
      const value = encodeURIComponent(right(checked));
      must((await found(checked, `${path}${joined}${key}=${value}`)).length > 0, 'It is not found.');
      must(
        (await found(checked, `${path}${joined}${key}=${encodeURIComponent(wrong)}`)).length === 0,
        `It is found with ${wrong} too.`,
      );
    },
  }));

/** Queries about the main study: those that find it, and those that do not. `ID` stands for its PatientID. */
const queryRow = (
  name: string,
  section: string,
  sentence: string,
  finding: readonly string[],
  missing: readonly string[] = [],
  level: Row['level'] = 'MUST',
): Row => ({
  name,
  level,
  section,
  sentence,
  check: async (checked) => {
    const filled = (query: string): string =>
      `?${query.replaceAll('ID!', `${checked.data.tag}-A`).replaceAll('STUDY!', checked.data.main.study)}`;
    for (const query of finding) must(await finds(checked, filled(query)), `${filled(query)} does not find it.`);
    for (const query of missing) must(!(await finds(checked, filled(query))), `${filled(query)} finds it.`);
  },
});

/** A kind of matching that a server may leave out if it says so; it is there when any of the queries finds the main study. */
const warnedRow = (
  parameter: string,
  section: string,
  judged: string,
  queries: (PatientID: string) => readonly string[],
): Row => ({
  name: `match-${parameter}`,
  level: 'MUST',
  section,
  sentence: `${parameter}=true ${judged}, or the answer has a Warning 299 that it is not supported.`,
  check: async (checked) => {
    for (const matches of queries(`${checked.data.tag}-A`)) {
      const query = `?${matches}&${parameter}=true`;
      const answer = requireStatus(await checked.server.get(`/studies${query}`, accept.json), 200, 204);
      const warning = answer.header('Warning');
      if (/299/.test(warning) && warning.includes(parameter)) return 'Not supported, and said so.';
      if (await finds(checked, query)) return undefined;
    }
    throw new Unmet('Neither is the study found, nor is there such a Warning.');
  },
});

export const searchMatching: Group = {
  title: 'Search: matching',
  rows: [
    ...keyRows(STUDY_KEYS, ({ data }) => `/studies?StudyInstanceUID=${data.main.study}`, 'study').map(
      (row, index): Row =>
        // With the UID in the path of the query as well, another one would be a contradiction.
        STUDY_KEYS[index]?.[0] === 'StudyInstanceUID'
          ? (keyRows([STUDY_KEYS[index]], () => '/studies', 'study')[0] as Row)
          : row,
    ),
    ...keyRows(SERIES_KEYS, ({ data }) => `/studies/${data.main.study}/series`, 'series'),
    ...keyRows(
      INSTANCE_KEYS,
      ({ data: { main } }) => `/studies/${main.study}/series/${main.first.series}/instances`,
      'instance',
    ),
    queryRow(
      'match-tag',
      'PS3.18 §8.3.4.1',
      'A key may be a tag of eight digits.',
      ['00100020=ID!'],
      ['00100020=NONE'],
    ),
    queryRow(
      'match-several-keys',
      'PS3.18 §8.3.4.1',
      'Of several keys all have to match.',
      ['PatientID=ID!&StudyDate=20200229'],
      ['PatientID=ID!&StudyDate=20200301'],
    ),
    queryRow(
      'match-wildcard',
      'PS3.4 §C.2.2.2.4',
      'An asterisk stands for any characters.',
      ['PatientID=ID!&PatientName=Sui*', 'PatientID=ID!&PatientName=*Anna'],
      ['PatientID=ID!&PatientName=Suit*Bert'],
    ),
    queryRow(
      'match-question-mark',
      'PS3.4 §C.2.2.2.4',
      'A question mark stands for one character.',
      ['PatientID=ID!&StudyID=SUITE%3F'],
      ['PatientID=ID!&StudyID=SUIT%3F'],
    ),
    queryRow(
      'match-whole',
      'PS3.4 §C.2.2.2.1',
      'A key without a wildcard matches the whole value, not a part of it.',
      ['PatientID=ID!&StudyID=SUITE1'],
      ['PatientID=ID!&StudyID=SUITE', 'PatientID=ID!&StudyID=UITE1'],
    ),
    queryRow(
      'match-literal',
      'PS3.4 §C.2.2.2.4',
      'Characters that mean something to programs, such as . and +, are taken as they are.',
      ['PatientID=ID!&StudyID=SUITE1'],
      ['PatientID=ID!&StudyID=SUITE.', 'PatientID=ID!&StudyID=SUIT%5BE%5D1', 'PatientID=ID!&StudyID=SUITE%25'],
    ),
    queryRow('match-universal', 'PS3.4 §C.2.2.2.3', 'A key without a value, or with an asterisk alone, matches all.', [
      'PatientID=ID!&PatientName=',
      'PatientID=ID!&AccessionNumber=*',
    ]),
    queryRow(
      'match-date-range',
      'PS3.4 §C.2.2.2.5',
      'A range of dates matches from its begin to its end, both included.',
      ['PatientID=ID!&StudyDate=20200229-20200301', 'PatientID=ID!&StudyDate=20200101-20200229'],
      ['PatientID=ID!&StudyDate=20200301-20210101', 'PatientID=ID!&StudyDate=19000101-20200228'],
    ),
    queryRow(
      'match-date-open',
      'PS3.4 §C.2.2.2.5',
      'A range of dates may be open at either end.',
      ['PatientID=ID!&StudyDate=20200229-', 'PatientID=ID!&StudyDate=-20200229'],
      ['PatientID=ID!&StudyDate=20200301-', 'PatientID=ID!&StudyDate=-20200228'],
    ),
    queryRow(
      'match-time-range',
      'PS3.4 §C.2.2.2.5',
      'A range of times matches.',
      ['PatientID=ID!&StudyTime=1000-1100'],
      ['PatientID=ID!&StudyTime=1100-1200'],
    ),
    queryRow(
      'match-date-time',
      'PS3.4 §C.2.2.2.5.4',
      'Ranges of date and time together are one range.',
      ['PatientID=ID!&StudyDate=20200228-20200301&StudyTime=2300-0100'],
      [],
      'MAY',
    ),
    queryRow(
      'match-uid-list',
      'PS3.18 §8.3.4.1, PS3.4 §C.2.2.2.2',
      'A list of UIDs, by comma, matches any of them.',
      [`StudyInstanceUID=${newUid()},STUDY!`, `StudyInstanceUID=${newUid()}%2CSTUDY!`],
      [`StudyInstanceUID=${newUid()},${newUid()}`],
    ),
    queryRow(
      'match-modalities',
      'PS3.4 §C.3.4',
      'ModalitiesInStudy matches any of the modalities of the study.',
      ['PatientID=ID!&ModalitiesInStudy=SR', 'PatientID=ID!&ModalitiesInStudy=DOC'],
      ['PatientID=ID!&ModalitiesInStudy=US'],
    ),
    queryRow(
      'match-name-case',
      'PS3.4 §C.2.2.2.1',
      'PatientName is found in other letter case.',
      ['PatientID=ID!&PatientName=suite%5Eanna'],
      [],
      'MAY',
    ),
    queryRow('match-unknown-key', 'PS3.18 §8.3.4.1, §8.3.2', 'A key that the server does not know is ignored.', [
      'PatientID=ID!&XNoSuchKeyword=1',
    ]),
    queryRow(
      'match-empty-parameter',
      'PS3.18 §8.3.1',
      'An empty parameter, as viewers send it, is passed over.',
      ['&PatientID=ID!&'],
      [],
      'SHOULD',
    ),
    ...['ISO_IR 100', 'ISO_IR 192', 'ISO 2022 IR 87'].map((characterSet, index): Row => ({
      name: `match-name-${characterSet.toLowerCase().replace(/[ _]/g, '-')}`,
      level: 'MUST',
      section: 'PS3.18 §8.3.4.1, §8.8',
      sentence: `A PatientName that was stored in ${characterSet} is found by a key in UTF-8.`,
      check: async (checked) => {
        const named = checked.data.named[index];
        const name = named?.part === 'Ideographic' ? `*=${named.name}*` : (named?.name ?? '');
        const query = `?PatientID=${checked.data.tag}-N${index}&PatientName=${encodeURIComponent(name)}`;
        must(await finds(checked, query, named?.instance.study), `PatientName=${name} does not find it.`);
      },
    })),
    {
      name: 'match-date-wrong',
      level: 'SHOULD',
      section: 'PS3.18 §10.6.3.1',
      sentence: 'A date that is none, as a key, is refused: 400.',
      check: async ({ server }) => {
        requireStatus(await server.get('/studies?StudyDate=yesterday', accept.json), 400);
      },
    },
    warnedRow(
      'fuzzymatching',
      'PS3.18 §8.3.4.2',
      'finds a PatientName of the same sound or the same beginning',
      (PatientID) => [`PatientID=${PatientID}&PatientName=Suite%5EAna`, `PatientID=${PatientID}&PatientName=Sui`],
    ),
    warnedRow('emptyvaluematching', 'PS3.18 §8.3.4.5', 'finds by an empty value ("")', (PatientID) => [
      `PatientID=${PatientID}&AdmissionID=%22%22`,
    ]),
    warnedRow('multiplevaluematching', 'PS3.18 §8.3.4.6', 'finds by any of several values', (PatientID) => [
      `PatientID=NONE%5C${PatientID}`,
      `PatientID=NONE,${PatientID}`,
    ]),
  ],
};
