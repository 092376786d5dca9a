import { accept } from '../ask/accept.js';
import { mediaType } from '../ask/media-type.js';
import { partsOf } from '../ask/multipart.js';
import { dataSetsOf } from '../judge/data-sets.js';
import { dicomParts } from '../judge/dicom-parts.js';
import { must, requireStatus, requireType } from '../judge/require-status.js';
import { pathOf } from '../made/made-instance.js';
import type { Checked, Group } from '../row.js';

/** The metadata of the first slice. */
const metadata = ({ data }: Checked): string => `${pathOf(data.main.first)}/metadata`;

/** Asks for the metadata and wants them in JSON. */
async function json(checked: Checked, accepted: string): Promise<void> {
  dataSetsOf(requireStatus(await checked.server.get(metadata(checked), accepted), 200));
}

/** How a server chooses what it answers. */
export const mediaTypes: Group = {
  title: 'Media types and Accept',
  rows: [
    {
      name: 'accept-case',
      level: 'MUST',
      section: 'PS3.18 §8.7.1',
      sentence: 'Media types in Accept are taken in any case of their letters.',
      check: (checked) => json(checked, 'Application/DICOM+JSON'),
    },
    {
      name: 'accept-unquoted',
      level: 'MUST',
      section: 'PS3.18 §8.7.1',
      sentence: 'The type parameter of multipart/related is taken without quotes as with them.',
      check: async ({ server, data }) => {
        const answer = await server.get(pathOf(data.main.first), 'multipart/related; type=application/dicom');
        must(dicomParts(requireStatus(answer, 200)).size === 1, 'The answer has not one instance.');
      },
    },
    {
      name: 'accept-list',
      level: 'MUST',
      section: 'PS3.18 §8.7.7',
      sentence: 'What is not supported in a list of Accept is passed over: the first that is supported is sent.',
      check: (checked) =>
        json(checked, 'application/x-no-such-type, multipart/related; type="image/x-none", application/dicom+json'),
    },
    {
      name: 'accept-useless-frames-type',
      level: 'MUST',
      section: 'PS3.18 §8.7.7',
      sentence: 'Metadata come in JSON when Accept also has multipart octet-stream, as viewers send it.',
      check: (checked) =>
        json(checked, 'application/dicom+json, multipart/related; type=application/octet-stream; transfer-syntax=*'),
    },
    {
      name: 'accept-weights',
      level: 'SHOULD',
      section: 'PS3.18 §8.7.8.1, RFC 9110 §12.4.2',
      sentence: 'Of two media types that are supported the one with the greater weight (q) is sent.',
      check: async (checked) => {
        const answer = await checked.server.get(
          metadata(checked),
          `application/dicom+json; q=0.2, ${accept.xml}; q=0.9`,
        );
        requireType(requireStatus(answer, 200), 'multipart/related');
      },
    },
    {
      name: 'accept-any',
      level: 'MUST',
      section: 'PS3.18 §8.7.7',
      sentence: 'Metadata come in JSON, their default, for Accept: */*.',
      check: (checked) => json(checked, '*/*'),
    },
    {
      name: 'accept-application-any',
      level: 'MUST',
      section: 'PS3.18 §8.7.7, RFC 9110 §12.5.1',
      sentence: 'Metadata come in JSON for Accept: application/*.',
      check: (checked) => json(checked, 'application/*'),
    },
    {
      name: 'accept-none',
      level: 'MAY',
      section: 'PS3.18 §8.7.7, RFC 9110 §12.5.1',
      sentence: 'A request without an Accept header gets the default and not the 406 of §8.7.7.',
      check: async (checked) => {
        requireStatus(await checked.server.get(metadata(checked)), 200);
      },
    },
    {
      name: 'accept-406-metadata',
      level: 'MUST',
      section: 'PS3.18 §8.7.8.1',
      sentence: 'Metadata in image/png are refused: 406.',
      check: async (checked) => {
        requireStatus(await checked.server.get(metadata(checked), 'image/png'), 406);
      },
    },
    {
      name: 'accept-406-frame',
      level: 'MUST',
      section: 'PS3.18 §8.7.8.1',
      sentence: 'A frame in application/pdf is refused: 406.',
      check: async ({ server, data }) => {
        requireStatus(await server.get(`${pathOf(data.main.first)}/frames/1`, 'application/pdf'), 406);
      },
    },
    {
      name: 'accept-406-transfer-syntax',
      level: 'MUST',
      section: 'PS3.18 §8.7.8.2',
      sentence: 'An instance in a transfer syntax that there is not is refused: 406.',
      check: async ({ server, data }) => {
        requireStatus(await server.get(pathOf(data.main.first), `${accept.dicom}; transfer-syntax=1.2.3.4.5`), 406);
      },
    },
    {
      name: 'accept-query',
      level: 'MUST',
      section: 'PS3.18 §8.3.3.1',
      sentence: 'The accept query parameter goes before the Accept header.',
      check: async (checked) => {
        const answer = await checked.server.get(`${metadata(checked)}?accept=application/dicom%2Bjson`, accept.xml);
        dataSetsOf(requireStatus(answer, 200));
      },
    },
    {
      name: 'accept-query-unsupported',
      level: 'MUST',
      section: 'PS3.18 §8.7.8.1',
      sentence: 'An accept query parameter with nothing that is supported leaves the choice to the Accept header.',
      check: async (checked) => {
        dataSetsOf(
          requireStatus(await checked.server.get(`${metadata(checked)}?accept=image/x-none`, accept.json), 200),
        );
      },
    },
    {
      name: 'charset-query',
      level: 'MUST',
      section: 'PS3.18 §8.3.3.2, §8.8',
      sentence: 'The charset query parameter is taken with utf-8.',
      check: async (checked) => {
        dataSetsOf(requireStatus(await checked.server.get(`${metadata(checked)}?charset=utf-8`, accept.json), 200));
      },
    },
    {
      name: 'unknown-parameter',
      level: 'MUST',
      section: 'PS3.18 §8.3.2',
      sentence: 'A query parameter that the server does not know is ignored.',
      check: async (checked) => {
        dataSetsOf(
          requireStatus(await checked.server.get(`${metadata(checked)}?x-no-such-parameter=1`, accept.json), 200),
        );
      },
    },
    {
      name: 'multipart-type',
      level: 'MUST',
      section: 'PS3.18 §8.6.1.2.1, RFC 2387 §3.1',
      sentence: 'The Content-Type of a multipart answer has a type parameter, the media type of its parts.',
      check: async ({ server, data }) => {
        const answer = requireStatus(await server.get(pathOf(data.main.first), accept.dicom), 200);
        const type = mediaType(answer.header('Content-Type')).parameters.get('type');
        must(type?.toLowerCase() === 'application/dicom', `The Content-Type is "${answer.header('Content-Type')}".`);
      },
    },
    {
      name: 'part-type',
      level: 'MUST',
      section: 'PS3.18 §8.6.1.2.1',
      sentence: 'Each part of a multipart answer has a Content-Type.',
      check: async ({ server, data }) => {
        const parts = partsOf(requireStatus(await server.get(`/studies/${data.main.study}`, accept.dicom), 200));
        for (const { headers } of parts) {
          const type = headers.get('content-type') ?? '';
          must(mediaType(type).type === 'application/dicom', `A part has the Content-Type "${type}".`);
        }
      },
    },
    {
      name: 'part-transfer-syntax',
      level: 'SHOULD',
      section: 'PS3.18 §8.7.3.5.2',
      sentence: 'A part with compressed pixels names its transfer syntax in its Content-Type.',
      check: async ({ server, data }) => {
        const jpeg = data.compressed.get('JPEG Baseline');
        const answer = await server.get(
          `${jpeg ? pathOf(jpeg) : ''}/frames/1`,
          'multipart/related; type="application/octet-stream"; transfer-syntax=*',
        );
        const [part] = partsOf(requireStatus(answer, 200));
        const type = part?.headers.get('content-type') ?? '';
        must(
          mediaType(type).parameters.get('transfer-syntax') === '1.2.840.10008.1.2.4.50',
          `The part has the Content-Type "${type}".`,
        );
      },
    },
    {
      name: 'json-type',
      level: 'MUST',
      section: 'PS3.18 §8.7.3, Annex F',
      sentence: 'The Content-Type of DICOM JSON is application/dicom+json.',
      check: async (checked) => {
        requireType(await checked.server.get(metadata(checked), accept.json), 'application/dicom+json');
      },
    },
  ],
};
