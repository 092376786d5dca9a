import { accept } from '../ask/accept.js';
import { dataSetsOf } from '../judge/data-sets.js';
import { must, requireOffered, requireStatus } from '../judge/require-status.js';
import { newUid } from '../made/new-uid.js';
import type { Checked, Group, Row } from '../row.js';

/** Services of which a search is all that can be checked without making records of their kind. */
const SERVICES: Record<string, readonly string[]> = {
  'PS3.18 §12': [
    'color-palettes',
    'defined-procedure-protocols',
    'hanging-protocols',
    'implant-templates',
    'inventories',
  ],
  'PS3.18 §14': ['modality-scheduled-procedure-steps'],
};

const offered = async ({ server }: Checked, path: string): Promise<void> =>
  void requireOffered(await server.get(path, accept.json), [400, 404, 405, 501]);

const rowsOf = (section: string, resource: string): Row[] => [
  {
    name: `${resource}-search`,
    level: 'MUST',
    section,
    sentence: `A search for ${resource.replaceAll('-', ' ')} is answered with an array in JSON, or 204.`,
    check: async (checked) => {
      await offered(checked, `/${resource}`);
      const answer = requireStatus(await checked.server.get(`/${resource}`, accept.json), 200, 204);
      must(answer.body.length === 0 || dataSetsOf(answer), 'It is not.');
    },
  },
];

/** Non-Patient Instances (§12), Modality Worklist (§14), Modality Performed Procedure Step (§15). */
export const otherServices: Group = {
  title: 'Non-Patient Instances, Modality Worklist, Performed Procedure Steps',
  rows: [
    ...Object.entries(SERVICES).flatMap(([section, resources]) =>
      resources.flatMap((resource) => rowsOf(section, resource)),
    ),
    {
      name: 'modality-performed-procedure-steps-404',
      level: 'MUST',
      section: 'PS3.18 §15',
      sentence: 'A performed procedure step that there is not is 404, where the service is offered.',
      check: async ({ server }) => {
        const uid = newUid();
        const body = Buffer.from(JSON.stringify({ '00400252': { vr: 'CS', Value: ['IN PROGRESS'] } }));
        const headers = { Accept: accept.json, 'Content-Type': accept.json };
        // Without its required attributes it is refused, and by that the service shows itself.
        const refused = await server.ask('POST', `/modality-performed-procedure-steps/${uid}`, { headers, body });
        requireOffered(refused, [404, 405, 501]);
        requireStatus(await server.get(`/modality-performed-procedure-steps/${uid}`, accept.json), 404);
      },
    },
  ],
};
