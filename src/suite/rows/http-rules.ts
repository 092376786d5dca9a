import { accept } from '../ask/accept.js';
import { must, requireOffered, requireRefused, requireStatus } from '../judge/require-status.js';
import { pathOf } from '../made/made-instance.js';
import { newUid } from '../made/new-uid.js';
import type { Checked, Group } from '../row.js';
import { Unmet } from '../ask/unmet.js';

const metadata = ({ data }: Checked): string => `${pathOf(data.main.first)}/metadata`;

/** The ETag of the metadata; not offered where there is none. */
async function etagOf(checked: Checked): Promise<string> {
  const etag = requireStatus(await checked.server.get(metadata(checked), accept.json), 200).header('ETag');
  if (etag === '') throw new Unmet('There is no ETag.', 'not-offered');
  return etag;
}

/** HTTP itself: methods, errors, validators, ranges. */
export const httpRules: Group = {
  title: 'HTTP: methods, errors, caching',
  rows: [
    {
      name: 'http-head',
      level: 'MUST',
      section: 'RFC 9110 §9.3.2',
      sentence: 'HEAD answers as GET does, without a body.',
      check: async (checked) => {
        const answer = await checked.server.ask('HEAD', metadata(checked), { headers: { Accept: accept.json } });
        requireStatus(answer, 200);
        must(answer.body.length === 0, 'The answer has a body.');
      },
    },
    {
      name: 'http-405',
      level: 'MUST',
      section: 'RFC 9110 §15.5.6',
      sentence: 'A method that a resource does not have is refused, and a 405 has an Allow header.',
      check: async ({ server }) => {
        const answer = requireStatus(await server.ask('PATCH', '/studies'), 400, 403, 405, 501);
        must(answer.status !== 405 || answer.header('Allow') !== '', 'The 405 has no Allow header.');
      },
    },
    {
      name: 'http-404-study',
      level: 'MUST',
      section: 'PS3.18 §8.5, §10.4.3.1',
      sentence: 'A study that there is not is 404.',
      check: async ({ server }) => {
        requireStatus(await server.get(`/studies/${newUid()}`, accept.dicom), 404);
      },
    },
    {
      name: 'http-404-metadata',
      level: 'MUST',
      section: 'PS3.18 §8.5, §10.4.3.1',
      sentence: 'Metadata of an instance that there is not are 404.',
      check: async ({ server, data }) => {
        requireStatus(
          await server.get(`${pathOf({ ...data.main.first, instance: newUid() })}/metadata`, accept.json),
          404,
        );
      },
    },
    {
      name: 'http-404-other-series',
      level: 'MUST',
      section: 'PS3.18 §10.4.1.1.1',
      sentence: 'An instance is not found below another series than its own: 404.',
      check: async ({ server, data }) => {
        requireStatus(
          await server.get(pathOf({ ...data.main.first, series: data.main.colour.series }), accept.dicom),
          404,
        );
      },
    },
    {
      name: 'http-400-uid',
      level: 'MUST',
      section: 'PS3.18 §8.5',
      sentence: 'What is no UID in the place of one is refused: 400 or 404.',
      check: async ({ server }) => {
        requireStatus(await server.get('/studies/no-uid/metadata', accept.json), 400, 404);
      },
    },
    {
      name: 'http-unknown-path',
      level: 'MUST',
      section: 'PS3.18 §8.5',
      sentence: 'A resource that the standard does not know is refused.',
      check: async ({ server }) => {
        const answer = await server.get('/x-no-such-resource', accept.json);
        if (answer.status !== 501) requireRefused(answer);
      },
    },
    {
      name: 'http-error-text',
      level: 'SHOULD',
      section: 'PS3.18 §10.4.3.3',
      sentence: 'An error says in its body what is wrong.',
      check: async ({ server }) => {
        const answer = await server.get(`/studies/${newUid()}/metadata`, accept.json);
        must(answer.body.length > 0, `Answered ${answer.status} without a body.`);
      },
    },
    {
      name: 'http-error-no-stack',
      level: 'SHOULD',
      section: 'CWE-209',
      sentence: 'An error shows nothing of the inside of the server, such as a stack of calls.',
      check: async ({ server, data }) => {
        for (const path of [
          '/studies/no-uid/metadata',
          `${pathOf(data.main.first)}/frames/none`,
          '/studies?limit=none',
        ]) {
          const text = (await server.get(path, accept.json)).body.toString('latin1', 0, 100_000);
          must(
            !/\n\s+at [\w.$<>]+ ?\(|Traceback \(most recent|Exception in thread|java\.lang\./.test(text),
            'The error has a stack of calls.',
          );
        }
      },
    },
    {
      name: 'http-token',
      level: 'MUST',
      section: 'RFC 9110 §15.5.2',
      sentence: 'Where a token is needed, a request without it is 401 with WWW-Authenticate, or 403.',
      check: async (checked) => {
        if (!checked.server.hasToken) throw new Unmet('The suite was given no token.', 'not-offered');
        const answer = await checked.server.ask('GET', metadata(checked), {
          headers: { Accept: accept.json },
          withToken: false,
        });
        if (answer.status === 200) return 'The server lets everybody read.';
        requireStatus(answer, 401, 403);
        must(
          answer.status === 403 || answer.header('WWW-Authenticate') !== '',
          'The 401 has no WWW-Authenticate header.',
        );
        return undefined;
      },
    },
    {
      name: 'http-etag',
      level: 'MAY',
      section: 'PS3.18 §8.4, RFC 9110 §8.8.3',
      sentence: 'Metadata have an ETag.',
      check: async (checked) => {
        await etagOf(checked);
      },
    },
    {
      name: 'http-304',
      level: 'MUST',
      section: 'RFC 9110 §13.1.2',
      sentence: 'Where there is an ETag, If-None-Match with it answers 304.',
      check: async (checked) => {
        const etag = await etagOf(checked);
        requireStatus(await checked.server.get(metadata(checked), accept.json, { 'If-None-Match': etag }), 304);
      },
    },
    {
      name: 'http-412',
      level: 'MUST',
      section: 'RFC 9110 §13.1.1',
      sentence: 'Where there is an ETag, If-Match with another one answers 412.',
      check: async (checked) => {
        await etagOf(checked);
        requireStatus(await checked.server.get(metadata(checked), accept.json, { 'If-Match': '"x-no-such-tag"' }), 412);
      },
    },
    {
      name: 'http-last-modified',
      level: 'MAY',
      section: 'RFC 9110 §8.8.2',
      sentence: 'Metadata have a Last-Modified date.',
      check: async (checked) => {
        const answer = requireStatus(await checked.server.get(metadata(checked), accept.json), 200);
        must(answer.header('Last-Modified') !== '', 'There is no Last-Modified header.');
      },
    },
    {
      name: 'http-range',
      level: 'MAY',
      section: 'RFC 9110 §14',
      sentence: 'A range of bytes of a picture is sent alone: 206.',
      check: async ({ server, data }) => {
        requireStatus(
          await server.get(`${pathOf(data.main.first)}/rendered`, 'image/png', { Range: 'bytes=0-7' }),
          206,
        );
      },
    },
    {
      name: 'http-range-right',
      level: 'MUST',
      section: 'RFC 9110 §15.3.7',
      sentence: 'A 206 has the bytes of the range and its Content-Range.',
      check: async ({ server, data }) => {
        const answer = await server.get(`${pathOf(data.main.first)}/rendered`, 'image/png', { Range: 'bytes=0-7' });
        requireOffered(answer, [200, 404, 405, 406, 501]);
        requireStatus(answer, 206);
        must(answer.body.length === 8, `The answer has ${answer.body.length} bytes, not 8.`);
        must(
          /^bytes 0-7\/(\d+|\*)$/.test(answer.header('Content-Range')),
          `The Content-Range is "${answer.header('Content-Range')}".`,
        );
      },
    },
    {
      name: 'http-gzip',
      level: 'MAY',
      section: 'RFC 9110 §12.5.3',
      sentence: 'Metadata are compressed for a client that takes gzip.',
      check: async (checked) => {
        const answer = await checked.server.get(`/studies/${checked.data.main.study}/metadata`, accept.json, {
          'Accept-Encoding': 'gzip',
        });
        must(requireStatus(answer, 200).header('Content-Encoding') === 'gzip', 'They are not.');
      },
    },
  ],
};
