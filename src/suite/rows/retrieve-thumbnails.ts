import { type Picture, picture } from '../judge/picture.js';
import { must, requireOffered, requireStatus, requireType } from '../judge/require-status.js';
import { pathOf } from '../made/made-instance.js';
import type { Checked, Group, Row } from '../row.js';

const PICTURES = ['image/jpeg', 'image/png', 'image/gif', 'image/jp2'];
const NONE = [400, 404, 405, 501];

const PATHS = {
  study: ({ data: { main } }: Checked) => `/studies/${main.study}`,
  series: ({ data: { main } }: Checked) => `/studies/${main.study}/series/${main.first.series}`,
  instance: ({ data: { main } }: Checked) => pathOf(main.first),
  frame: ({ data: { main } }: Checked) => `${pathOf(main.frames)}/frames/2`,
};

/** A thumbnail, or the rendered resource that a redirection leads to (PS3.18 §10.4.3.3.4). */
async function thumbnail({ server }: Checked, path: string): Promise<Picture> {
  const answer = requireOffered(await server.get(`${path}/thumbnail`, 'image/jpeg, image/png, image/gif'), NONE);
  const isElsewhere = [301, 302, 303, 307, 308].includes(answer.status);
  const last = isElsewhere
    ? await server.get(new URL(answer.header('Location'), answer.asked.url).href, 'image/jpeg')
    : answer;
  return picture(requireType(requireStatus(last, 200), ...PICTURES).body);
}

export const retrieveThumbnails: Group = {
  title: 'Retrieve: thumbnails',
  rows: [
    ...Object.entries(PATHS).map(([level, pathOfLevel]): Row => ({
      name: `thumbnail-${level}`,
      level: 'MUST',
      section: 'PS3.18 §10.4.1.1.4, §10.4.3.3.4',
      sentence: `The thumbnail of a ${level} is one picture.`,
      check: async (checked) => {
        const { width, height } = await thumbnail(checked, pathOfLevel(checked));
        must(width > 0 && height > 0, 'It is empty.');
        return `${width} × ${height} pixels`;
      },
    })),
    {
      name: 'thumbnail-viewport',
      level: 'MAY',
      section: 'PS3.18 §10.4.1.2.4',
      sentence: 'The viewport query parameter makes the thumbnail that size.',
      check: async (checked) => {
        const answer = requireStatus(
          await checked.server.get(`${PATHS.instance(checked)}/thumbnail?viewport=16,12`, 'image/jpeg'),
          200,
        );
        const { width, height } = await picture(answer.body);
        must(width <= 16 && height <= 12, `It has ${width} × ${height} pixels.`);
      },
    },
  ],
};
