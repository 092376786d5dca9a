import { must, requireStatus, requireType } from '../judge/require-status.js';
import { Unmet } from '../ask/unmet.js';
import type { Group } from '../row.js';

const WADL = 'application/vnd.sun.wadl+xml';

/** What a server says of itself. */
export const capabilitiesRows: Group = {
  title: 'Retrieve Capabilities',
  rows: [
    {
      name: 'capabilities-200',
      level: 'MUST',
      section: 'PS3.18 §8.9',
      sentence: 'OPTIONS of the root is answered with 200.',
      check: async ({ server }) => {
        requireStatus(await server.ask('OPTIONS', '/', { headers: { Accept: WADL } }), 200);
      },
    },
    {
      name: 'capabilities-wadl',
      level: 'MUST',
      section: 'PS3.18 §8.9.1, Annex H',
      sentence: 'The answer is a Web Application Description (WADL) that names the studies resource.',
      check: async ({ server }) => {
        const answer = requireStatus(await server.ask('OPTIONS', '/', { headers: { Accept: WADL } }), 200);
        requireType(answer, WADL, 'application/xml', 'text/xml');
        const text = answer.body.toString('utf8');
        must(
          /<(\w+:)?application[\s>]/.test(text) && /<(\w+:)?resource\s/.test(text),
          'It has no application with resources.',
        );
        must(text.includes('studies'), 'It does not name the studies resource.');
      },
    },
    {
      name: 'capabilities-json',
      level: 'SHOULD',
      section: 'PS3.18 §8.9.1',
      sentence: 'OPTIONS of the root is answered in JSON when Accept asks for application/json.',
      check: async ({ server }) => {
        const answer = requireStatus(
          await server.ask('OPTIONS', '/', { headers: { Accept: 'application/json' } }),
          200,
        );
        requireType(answer, 'application/json', 'application/vnd.sun.wadl+json');
        try {
          JSON.parse(answer.body.toString('utf8'));
        } catch {
          throw new Unmet('The answer is not JSON.');
        }
      },
    },
    {
      name: 'capabilities-statement',
      level: 'MAY',
      section: 'RFC 9110 §9.3.7',
      sentence: 'OPTIONS of /studies has an Allow header.',
      check: async ({ server }) => {
        must((await server.ask('OPTIONS', '/studies')).header('Allow') !== '', 'There is none.');
      },
    },
  ],
};
