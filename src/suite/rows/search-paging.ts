import { accept } from '../ask/accept.js';
import { firstOf, type JsonDataSet } from '../judge/data-sets.js';
import { must, requireStatus } from '../judge/require-status.js';
import type { Checked, Group, Row } from '../row.js';
import { found } from './search-targets.js';

const oneStudy = async (checked: Checked, more: string): Promise<JsonDataSet | undefined> =>
  (await found(checked, `/studies?StudyInstanceUID=${checked.data.main.study}${more}`))[0];

const includeRow = (name: string, sentence: string, include: string, tags: readonly string[]): Row => ({
  name,
  level: 'MUST',
  section: 'PS3.18 §8.3.4.3',
  sentence,
  check: async (checked) => {
    const match = await oneStudy(checked, `&${include}`);
    for (const tag of tags) must(firstOf(match, tag), `(${tag.slice(0, 4)},${tag.slice(4)}) is not returned.`);
  },
});

const instances = ({ data }: Checked): string => `/studies/${data.main.study}/instances`;

export const searchPaging: Group = {
  title: 'Search: includefield and pages',
  rows: [
    includeRow(
      'include-keyword',
      'includefield with a keyword returns the attribute.',
      'includefield=StudyDescription',
      ['00081030'],
    ),
    includeRow('include-tag', 'includefield with a tag returns the attribute.', 'includefield=00081030', ['00081030']),
    includeRow(
      'include-list',
      'includefield may be a list, by comma, percent-encoded or not.',
      'includefield=StudyDate,00081030',
      ['00080020', '00081030'],
    ),
    includeRow(
      'include-list-encoded',
      'The comma of includefield may be percent-encoded.',
      'includefield=StudyDate%2C00081030',
      ['00080020', '00081030'],
    ),
    includeRow(
      'include-repeated',
      'includefield may be repeated.',
      'includefield=StudyDate&includefield=StudyDescription',
      ['00080020', '00081030'],
    ),
    includeRow('include-all', 'includefield=all returns what is known at that level.', 'includefield=all', [
      '00081030',
      '00100010',
      '0020000D',
    ]),
    {
      name: 'include-instance',
      level: 'MUST',
      section: 'PS3.18 §8.3.4.3, §10.6.3.3.3',
      sentence: 'includefield returns an attribute of an instance that is not one of the usual ones.',
      check: async (checked) => {
        const { first } = checked.data.main;
        const [match] = await found(
          checked,
          `${instances(checked)}?SOPInstanceUID=${first.instance}&includefield=SliceThickness`,
        );
        must(Number(firstOf(match, '00180050')) === 2.5, 'SliceThickness (0018,0050) is not returned.');
      },
    },
    {
      name: 'include-unknown',
      level: 'MUST',
      section: 'PS3.18 §8.3.4.3, §8.3.2',
      sentence: 'An includefield that the server does not know is ignored.',
      check: async (checked) => {
        must(await oneStudy(checked, '&includefield=XNoSuchKeyword'), 'The study is not found.');
      },
    },
    {
      name: 'page-limit',
      level: 'MUST',
      section: 'PS3.18 §8.3.4.4',
      sentence: 'limit bounds the number of matches.',
      check: async (checked) => {
        const { length } = await found(checked, `${instances(checked)}?limit=2`);
        must(length === 2, `There are ${length} matches for limit=2.`);
      },
    },
    {
      name: 'page-all',
      level: 'MUST',
      section: 'PS3.18 §8.3.4.4.1',
      sentence: 'limit and offset give each match once: the order is the same for each page.',
      check: async (checked) => {
        const uids: (string | undefined)[] = [];
        for (let offset = 0; offset < 6; offset += 2) {
          for (const match of await found(checked, `${instances(checked)}?limit=2&offset=${offset}`))
            uids.push(firstOf(match, '00080018'));
        }
        must(
          uids.length === 6 && new Set(uids).size === 6,
          `Three pages of two have ${new Set(uids).size} different instances.`,
        );
      },
    },
    {
      name: 'page-beyond',
      level: 'MUST',
      section: 'PS3.18 §8.3.4.4.1',
      sentence: 'An offset beyond the last match gives none.',
      check: async (checked) => {
        const { length } = await found(checked, `${instances(checked)}?limit=2&offset=100`);
        must(length === 0, `There are ${length}.`);
      },
    },
    {
      name: 'page-warning',
      level: 'MUST',
      section: 'PS3.18 §8.3.4.4.1',
      sentence: 'When matches remain after the page, a Warning 299 says how many.',
      check: async (checked) => {
        const answer = requireStatus(await checked.server.get(`${instances(checked)}?limit=2`, accept.json), 200);
        const warning = answer.header('Warning');
        must(
          /299/.test(warning) && /There are 4 additional results that can be requested/.test(warning),
          `The Warning is "${warning.slice(0, 200)}".`,
        );
      },
    },
    ...['limit=none', 'limit=-1', 'offset=none'].map((parameter): Row => ({
      name: `page-wrong-${parameter.replace('=', '-')}`,
      level: 'SHOULD',
      section: 'PS3.18 §8.3.4.4, §10.6.3.1',
      sentence: `${parameter} is refused: 400.`,
      check: async (checked) => {
        requireStatus(await checked.server.get(`${instances(checked)}?${parameter}`, accept.json), 400);
      },
    })),
  ],
};
