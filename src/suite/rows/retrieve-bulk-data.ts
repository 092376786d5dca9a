import { accept } from '../ask/accept.js';
import { partsOf } from '../ask/multipart.js';
import type { Answer } from '../ask/server.js';
import { Unmet } from '../ask/unmet.js';
import { dataSetsOf, type JsonAttribute } from '../judge/data-sets.js';
import { must, requireOffered, requireStatus, requireType } from '../judge/require-status.js';
import { type MadeInstance, pathOf } from '../made/made-instance.js';
import type { Checked, Group, Row } from '../row.js';

const NONE = [400, 404, 405, 406, 501];

/** An attribute of the metadata; not offered where it is not in them. */
async function attributeOf({ server }: Checked, made: MadeInstance, tag: string): Promise<JsonAttribute> {
  const [dataSet] = dataSetsOf(requireStatus(await server.get(`${pathOf(made)}/metadata`, accept.json), 200));
  const attribute = dataSet?.[tag];
  if (!attribute) throw new Unmet(`The metadata have no ${tag}.`, 'not-offered');
  return attribute;
}

/** The URL of bulk data, which may be relative to that of the metadata. */
function urlOf({ server }: Checked, made: MadeInstance, { BulkDataURI }: JsonAttribute): string {
  if (typeof BulkDataURI !== 'string') throw new Unmet('The metadata have no BulkDataURI for it.', 'not-offered');
  return new URL(BulkDataURI, `${server.root}${pathOf(made)}/metadata`).href;
}

function requireBytes(answer: Answer, stored: Buffer): void {
  const isMultipart = answer.header('Content-Type').startsWith('multipart');
  const bytes = isMultipart ? Buffer.concat(partsOf(answer).map(({ body }) => body)) : answer.body;
  must(
    bytes.subarray(0, stored.length).equals(stored) && bytes.length <= stored.length + 1,
    'The bytes are not those that were stored.',
  );
}

const PARENT_ROWS: Row[] = ['bulkdata', 'pixeldata'].flatMap((resource) =>
  ['study', 'series', 'instance'].map((level) => ({
    name: `${resource}-of-${level}`,
    level: 'MUST' as const,
    section: resource === 'bulkdata' ? 'PS3.18 §10.4.1.1.5' : 'PS3.18 §10.4.1.1.6',
    sentence: `/${resource} of a ${level} has the pixels that were stored.`,
    check: async ({ server, data: { main } }: Checked) => {
      const { frames } = main;
      const paths: Record<string, string> = {
        study: `/studies/${main.study}`,
        series: `/studies/${main.study}/series/${frames.series}`,
        instance: pathOf(frames),
      };
      const answer = requireOffered(await server.get(`${paths[level]}/${resource}`, accept.bulk), NONE);
      const parts = partsOf(requireStatus(answer, 200)).map(({ body }) => body);
      // All frames in one part, or a part for each.
      const whole = Buffer.concat(parts);
      must(whole.includes(Buffer.concat(frames.frames)), 'None of its parts are those pixels.');
    },
  })),
);

export const retrieveBulkData: Group = {
  title: 'Retrieve: bulk data',
  rows: [
    {
      name: 'bulk-uri',
      level: 'SHOULD',
      section: 'PS3.18 §10.4.1.1.2',
      sentence: 'Metadata have a BulkDataURI for Pixel Data.',
      check: async (checked) => {
        const { BulkDataURI } = await attributeOf(checked, checked.data.main.first, '7FE00010');
        must(typeof BulkDataURI === 'string', 'They have none.');
      },
    },
    {
      name: 'bulk-resolves',
      level: 'MUST',
      section: 'PS3.18 §10.4.1.1.5',
      sentence: 'The BulkDataURI of Pixel Data leads to the pixels that were stored.',
      check: async (checked) => {
        const { first } = checked.data.main;
        const url = urlOf(checked, first, await attributeOf(checked, first, '7FE00010'));
        requireBytes(
          requireStatus(await checked.server.get(url, accept.bulk), 200),
          first.frames[0] ?? Buffer.alloc(0),
        );
      },
    },
    {
      name: 'bulk-of-frames',
      level: 'MUST',
      section: 'PS3.18 §10.4.1.1.5',
      sentence: 'The BulkDataURI of the Pixel Data of several frames leads to all of them.',
      check: async (checked) => {
        const { frames } = checked.data.main;
        const url = urlOf(checked, frames, await attributeOf(checked, frames, '7FE00010'));
        requireBytes(requireStatus(await checked.server.get(url, accept.bulk), 200), Buffer.concat(frames.frames));
      },
    },
    {
      name: 'bulk-document',
      level: 'MUST',
      section: 'PS3.18 §10.4.1.1.5, §F.2.6, §F.2.7',
      sentence: 'A PDF is in the metadata in base64, or by a BulkDataURI that leads to it.',
      check: async (checked) => {
        const { document, pdf } = checked.data.main;
        const attribute = await attributeOf(checked, document, '00420011');
        if (typeof attribute.InlineBinary === 'string') {
          must(Buffer.from(attribute.InlineBinary, 'base64').equals(pdf), 'The base64 is not what was stored.');
          return;
        }
        requireBytes(
          requireStatus(await checked.server.get(urlOf(checked, document, attribute), accept.bulk), 200),
          pdf,
        );
      },
    },
    {
      name: 'bulk-single-part',
      level: 'MAY',
      section: 'PS3.18 §10.4.4',
      sentence: 'Bulk data come alone, without multipart, for Accept: application/octet-stream.',
      check: async (checked) => {
        const { first } = checked.data.main;
        const url = urlOf(checked, first, await attributeOf(checked, first, '7FE00010'));
        requireType(
          requireStatus(await checked.server.get(url, 'application/octet-stream'), 200),
          'application/octet-stream',
        );
      },
    },
    ...PARENT_ROWS,
  ],
};
