import type { Answer } from '../ask/server.js';
import { Unmet } from '../ask/unmet.js';
import { readFile } from '../judge/read-file.js';
import { picture } from '../judge/picture.js';
import { must, requireStatus, requireType } from '../judge/require-status.js';
import { REPORT_TEXT } from '../made/make-documents.js';
import type { MadeInstance } from '../made/made-instance.js';
import { newUid } from '../made/new-uid.js';
import { COLUMNS, ROWS } from '../made/pixels.js';
import { EXPLICIT } from '../made/write-file.js';
import type { Checked, Group, Row } from '../row.js';

/** The query that names an instance (PS3.18 Table 9.1.2.1-1). */
const queryOf = ({ study, series, instance }: MadeInstance): string =>
  `requestType=WADO&studyUID=${study}&seriesUID=${series}&objectUID=${instance}`;

/** Where the URI service may lie: the standard leaves it open. */
function candidates(root: string): string[] {
  const { origin } = new URL(root);
  return [...new Set([`${root}/wado`, root.replace(/\/[^/]*$/, '/wado'), `${origin}/wado`, root])];
}

/** Looks for the service with a query that must be answered. */
async function find(checked: Checked): Promise<void> {
  const { server, data } = checked;
  for (const url of candidates(server.root)) {
    const answer = await server.get(`${url}?${queryOf(data.main.first)}&contentType=application/dicom`, '*/*');
    if (answer.status !== 200) continue;
    checked.uriService = url;
    return;
  }
  throw new Unmet(`No URI service at ${candidates(server.root).join(', ')}.`, 'not-offered');
}

/** Of the first slice unless another instance is given. */
const ask = async (checked: Checked, more: string, accepted = '*/*', made = checked.data.main.first): Promise<Answer> =>
  checked.server.get(`${checked.uriService}?${queryOf(made)}${more}`, accepted);

const refusedRow = (
  name: string,
  sentence: string,
  query: (made: MadeInstance) => string,
  ...statuses: number[]
): Row => ({
  name,
  level: 'MUST',
  section: 'PS3.18 §9.4.1.2, §9.5.1.2',
  sentence,
  check: async ({ server, data, uriService }) => {
    requireStatus(await server.get(`${uriService}?${query(data.main.frames)}`, '*/*'), ...statuses);
  },
});

/** What a server may leave out. */
const choiceRow = (name: string, sentence: string, more: string, judge?: (answer: Answer) => Promise<void>): Row => ({
  name,
  level: 'MAY',
  section: 'PS3.18 Table 9.5.1-1',
  sentence,
  check: async (checked) => {
    const answer = requireStatus(await ask(checked, more), 200);
    await judge?.(answer);
  },
});

export const uriService: Group = {
  title: 'URI service (WADO-URI)',
  offered: find,
  rows: [
    {
      name: 'uri-dicom',
      level: 'MUST',
      section: 'PS3.18 §9.4',
      sentence:
        'An instance comes as application/dicom, in Explicit VR Little Endian unless another transfer syntax is asked for.',
      check: async (checked) => {
        const answer = requireStatus(await ask(checked, '&contentType=application/dicom'), 200);
        const file = readFile(requireType(answer, 'application/dicom').body);
        must(file.TransferSyntaxUID === EXPLICIT, `It comes in ${file.TransferSyntaxUID}.`);
        must(file.text(0x00080018) === checked.data.main.first.instance, 'It is another instance.');
      },
    },
    {
      name: 'uri-default',
      level: 'MUST',
      section: 'PS3.18 §9.3',
      sentence: 'An image comes as image/jpeg when no contentType is asked for and Accept is */*.',
      check: async (checked) => {
        const { width, height } = await picture(
          requireType(requireStatus(await ask(checked, ''), 200), 'image/jpeg').body,
        );
        must(width === COLUMNS && height === ROWS, `It has ${width} × ${height} pixels.`);
      },
    },
    {
      name: 'uri-406',
      level: 'MUST',
      section: 'PS3.18 §8.7.8.1',
      sentence: 'A contentType that there is not is refused: 406 or 400.',
      check: async (checked) => {
        requireStatus(await ask(checked, '&contentType=image/x-no-such-type', 'image/x-no-such-type'), 400, 406);
      },
    },
    {
      name: 'uri-frame',
      level: 'MUST',
      section: 'PS3.18 §9.5.1.2.1',
      sentence: 'frameNumber chooses the frame: another one is another picture.',
      check: async (checked) => {
        const { frames } = checked.data.main;
        const [second, third] = [
          requireStatus(await ask(checked, '&frameNumber=2', '*/*', frames), 200),
          requireStatus(await ask(checked, '&frameNumber=3', '*/*', frames), 200),
        ];
        must(!second.body.equals(third.body), 'Frames 2 and 3 are the same picture.');
      },
    },
    refusedRow(
      'uri-frame-beyond',
      'A frameNumber beyond the last frame is refused: 400 or 404.',
      (made) => `${queryOf(made)}&frameNumber=9`,
      400,
      404,
    ),
    refusedRow(
      'uri-frame-zero',
      'frameNumber 0 is refused: 400 or 404.',
      (made) => `${queryOf(made)}&frameNumber=0`,
      400,
      404,
    ),
    refusedRow(
      'uri-no-object',
      'A request without objectUID is refused: 400.',
      ({ study, series }) => `requestType=WADO&studyUID=${study}&seriesUID=${series}`,
      400,
    ),
    refusedRow(
      'uri-no-request-type',
      'A request without requestType is refused: 400.',
      (made) => queryOf(made).replace('requestType=WADO&', ''),
      400,
      404,
    ),
    refusedRow(
      'uri-404',
      'An instance that there is not is 404.',
      (made) => queryOf({ ...made, instance: newUid() }),
      404,
    ),
    {
      name: 'uri-report-html',
      level: 'MUST',
      section: 'PS3.18 Table 8.7.4-1',
      sentence: 'A report comes as text/html, with its text.',
      check: async (checked) => {
        const answer = requireStatus(
          await ask(checked, '&contentType=text/html', '*/*', checked.data.main.report),
          200,
        );
        must(requireType(answer, 'text/html').body.toString('utf8').includes(REPORT_TEXT), 'Its text is not in it.');
      },
    },
    {
      name: 'uri-report-plain',
      level: 'MUST',
      section: 'PS3.18 Table 8.7.4-1',
      sentence: 'A report comes as text/plain, with its text.',
      check: async (checked) => {
        const answer = requireStatus(
          await ask(checked, '&contentType=text/plain', '*/*', checked.data.main.report),
          200,
        );
        must(requireType(answer, 'text/plain').body.toString('utf8').includes(REPORT_TEXT), 'Its text is not in it.');
      },
    },
    choiceRow(
      'uri-png',
      'An image comes as image/png.',
      '&contentType=image/png',
      async (answer) => void requireType(answer, 'image/png'),
    ),
    choiceRow('uri-rows', 'rows and columns make the picture that size.', '&rows=12&columns=16', async ({ body }) => {
      const { width, height } = await picture(body);
      must(width <= 16 && height <= 12, `It has ${width} × ${height} pixels.`);
    }),
    choiceRow('uri-region', 'region shows a part of the image.', '&region=0.5,0.5,1,1'),
    choiceRow('uri-window', 'windowCenter and windowWidth are answered.', '&windowCenter=500&windowWidth=800'),
    choiceRow('uri-quality', 'imageQuality is answered.', '&imageQuality=20'),
    choiceRow(
      'uri-transfer-syntax',
      'transferSyntax chooses that of the instance.',
      `&contentType=application/dicom&transferSyntax=${EXPLICIT}`,
    ),
    {
      name: 'uri-anonymize',
      level: 'MUST',
      section: 'PS3.18 §9.4.1.2.1',
      sentence: 'anonymize=yes takes the PatientName away, or is refused; it is not passed over.',
      check: async (checked) => {
        const answer = await ask(checked, '&contentType=application/dicom&anonymize=yes');
        if (answer.status !== 200) {
          must(answer.status >= 400, `Answered ${answer.status}.`);
          return;
        }
        must(!readFile(answer.body).text(0x00100010).includes('Anna'), 'The PatientName is still in it.');
      },
    },
  ],
};
