import { partsOf } from '../ask/multipart.js';
import type { Answer } from '../ask/server.js';
import { type Picture, picture } from '../judge/picture.js';
import { must, requireRefused, requireStatus, requireType } from '../judge/require-status.js';
import { REPORT_TEXT } from '../made/make-documents.js';
import { pathOf } from '../made/made-instance.js';
import { COLUMNS, ROWS } from '../made/pixels.js';
import type { Checked, Group, Row } from '../row.js';

const rendered = ({ data }: Checked): string => `${pathOf(data.main.first)}/rendered`;

/** A rendering of the first slice. */
async function pictureOf(
  checked: Checked,
  query: string,
  type = 'image/png',
  path = rendered(checked),
): Promise<Picture> {
  const answer = requireStatus(await checked.server.get(`${path}${query}`, type), 200);
  return picture(requireType(answer, type).body);
}

/** The gray value of a pixel of the first slice, by LINEAR (PS3.3 §C.11.2.1.2.1). */
function gray({ data }: Checked, at: number, center: number, width: number): number {
  const stored = data.main.first.frames[0]?.readUInt16LE(2 * at) ?? 0;
  return Math.round(Math.min(1, Math.max(0, (stored - 1024 - (center - 0.5)) / (width - 1) + 0.5)) * 255);
}

/** Wants each pixel as the window makes it, but for rounding. */
function requireWindow(checked: Checked, { rgb, width, height }: Picture, center: number, windowWidth: number): void {
  must(width === COLUMNS && height === ROWS, `The picture has ${width} × ${height} pixels.`);
  for (let at = 0; at < COLUMNS * ROWS; at++) {
    const [got = 0, expected] = [rgb[3 * at], gray(checked, at, center, windowWidth)];
    must(Math.abs(got - expected) <= 3, `Pixel ${at} is ${got}, and ${expected} by the window.`);
  }
}

const textRow = (name: string, type: string): Row => ({
  name,
  level: 'MUST',
  section: 'PS3.18 Table 8.7.4-1',
  sentence: `A report is rendered as ${type}, with its text.`,
  check: async ({ server, data }) => {
    const answer = requireStatus(await server.get(`${pathOf(data.main.report)}/rendered`, type), 200);
    must(requireType(answer, type).body.toString('utf8').includes(REPORT_TEXT), 'Its text is not in it.');
  },
});

const refusedRow = (name: string, section: string, query: string, sentence: string): Row => ({
  name,
  level: 'MUST',
  section,
  sentence,
  check: async (checked) => {
    requireStatus(await checked.server.get(`${rendered(checked)}${query}`, 'image/png'), 400);
  },
});

/** Of several pictures each is a part; of one, servers send it alone too. */
async function picturesOf(answer: Answer): Promise<Picture[]> {
  requireStatus(answer, 200, 206);
  const isMultipart = answer.header('Content-Type').startsWith('multipart');
  const bodies = isMultipart ? partsOf(answer).map(({ body }) => body) : [answer.body];
  return Promise.all(bodies.map((body) => picture(body)));
}

export const retrieveRendered: Group = {
  title: 'Retrieve: rendered',
  rows: [
    ...['image/jpeg', 'image/png', 'image/gif'].map((type): Row => ({
      name: `rendered-${type.slice(6)}`,
      level: 'MUST',
      section: 'PS3.18 Table 8.7.4-1',
      sentence: `An image is rendered as ${type}, of its own size.`,
      check: async (checked) => {
        const { format, width, height } = await pictureOf(checked, '', type);
        must(type === `image/${format}`, `The body is a picture in ${format}.`);
        must(width === COLUMNS && height === ROWS, `It has ${width} × ${height} pixels, not ${COLUMNS} × ${ROWS}.`);
      },
    })),
    {
      name: 'rendered-default',
      level: 'MUST',
      section: 'PS3.18 Table 8.7.4-1, §8.7.7',
      sentence: 'An image is rendered as image/jpeg, the default, for Accept: */*.',
      check: async (checked) => {
        requireType(requireStatus(await checked.server.get(rendered(checked), '*/*'), 200), 'image/jpeg');
      },
    },
    {
      name: 'rendered-406',
      level: 'MUST',
      section: 'PS3.18 §8.7.8.1',
      sentence: 'A rendering in a media type that there is not is refused: 406.',
      check: async (checked) => {
        requireStatus(await checked.server.get(rendered(checked), 'image/x-no-such-type'), 406);
      },
    },
    {
      name: 'rendered-own-window',
      level: 'MUST',
      section: 'PS3.18 §8.3.5.1.4, PS3.3 §C.11.2',
      sentence:
        'Without a window in the query, the window of the image makes its grays (after Rescale Slope and Intercept).',
      check: async (checked) => requireWindow(checked, await pictureOf(checked, ''), 976, 2000),
    },
    {
      name: 'rendered-window',
      level: 'MUST',
      section: 'PS3.18 §8.3.5.1.4',
      sentence: 'The window query parameter (center, width, linear) makes the grays.',
      check: async (checked) => requireWindow(checked, await pictureOf(checked, '?window=500,800,linear'), 500, 800),
    },
    refusedRow(
      'rendered-window-wrong',
      'PS3.18 §8.3.5.1.4',
      '?window=wide,open,linear',
      'A window that is none is refused: 400.',
    ),
    {
      name: 'rendered-viewport',
      level: 'MUST',
      section: 'PS3.18 §8.3.5.1.3',
      sentence: 'A viewport of half the size gives a picture that fits it, of the same proportions.',
      check: async (checked) => {
        const { width, height } = await pictureOf(checked, `?viewport=${COLUMNS / 2},${ROWS / 2}`);
        must(width === COLUMNS / 2 && height === ROWS / 2, `It has ${width} × ${height} pixels.`);
      },
    },
    {
      name: 'rendered-viewport-region',
      level: 'MUST',
      section: 'PS3.18 §8.3.5.1.3',
      sentence: 'A viewport of six values shows that region of the image: its lower right quarter.',
      check: async (checked) => {
        const [half, low] = [COLUMNS / 2, ROWS / 2];
        const shown = await pictureOf(
          checked,
          `?viewport=${half},${low},${half},${low},${half},${low}&window=976,2000,linear`,
        );
        must(shown.width === half && shown.height === low, `It has ${shown.width} × ${shown.height} pixels.`);
        for (let y = 0; y < low; y++)
          for (let x = 0; x < half; x++) {
            const [got = 0, expected] = [
              shown.rgb[3 * (y * half + x)],
              gray(checked, (y + low) * COLUMNS + x + half, 976, 2000),
            ];
            must(Math.abs(got - expected) <= 6, `Pixel ${x}, ${y} is ${got}, and ${expected} in that quarter.`);
          }
      },
    },
    refusedRow(
      'rendered-viewport-wrong',
      'PS3.18 §8.3.5.1.3',
      '?viewport=large',
      'A viewport that is none is refused: 400.',
    ),
    {
      name: 'rendered-quality',
      level: 'MUST',
      section: 'PS3.18 §8.3.5.1.2',
      sentence: 'A lesser quality makes a JPEG that is not larger.',
      check: async (checked) => {
        const sizes: number[] = [];
        for (const quality of [10, 95]) {
          const answer = requireStatus(
            await checked.server.get(`${rendered(checked)}?quality=${quality}`, 'image/jpeg'),
            200,
          );
          sizes.push(answer.body.length);
        }
        must((sizes[0] ?? 0) < (sizes[1] ?? 0), `Quality 10 has ${sizes[0]} bytes, and quality 95 ${sizes[1]}.`);
      },
    },
    refusedRow(
      'rendered-quality-wrong',
      'PS3.18 §8.3.5.1.2',
      '?quality=best&accept=image/jpeg',
      'A quality that is no number is refused: 400.',
    ),
    ...['annotation=patient', 'annotation=technique', 'iccprofile=srgb'].map((parameter): Row => ({
      name: `rendered-${parameter.replace('=', '-')}`,
      level: 'MAY',
      section: 'PS3.18 §8.3.5.1',
      sentence: `A rendering with ${parameter} is answered.`,
      check: async (checked) => {
        requireStatus(await checked.server.get(`${rendered(checked)}?${parameter}`, 'image/jpeg'), 200);
      },
    })),
    {
      name: 'rendered-frame',
      level: 'MUST',
      section: 'PS3.18 §10.4.1.1.3',
      sentence: 'One frame of several is rendered: another one is another picture.',
      check: async (checked) => {
        const path = pathOf(checked.data.main.frames);
        const [second, third] = [
          await pictureOf(checked, '', 'image/png', `${path}/frames/2/rendered`),
          await pictureOf(checked, '', 'image/png', `${path}/frames/3/rendered`),
        ];
        must(second.width === COLUMNS && !second.rgb.equals(third.rgb), 'Frames 2 and 3 are the same picture.');
      },
    },
    {
      name: 'rendered-frame-beyond',
      level: 'MUST',
      section: 'PS3.18 §10.4.3.1',
      sentence: 'A rendering of a frame beyond the last is refused.',
      check: async ({ server, data }) => {
        requireRefused(await server.get(`${pathOf(data.main.frames)}/frames/4/rendered`, 'image/png'));
      },
    },
    {
      name: 'rendered-colour',
      level: 'MUST',
      section: 'PS3.18 §8.7.4',
      sentence: 'A colour image is rendered in its colours.',
      check: async (checked) => {
        const { rgb } = await pictureOf(checked, '', 'image/png', `${pathOf(checked.data.main.colour)}/rendered`);
        must(
          rgb.equals(checked.data.main.colour.frames[0] ?? Buffer.alloc(0)),
          `The first pixel is ${[...rgb.subarray(0, 3)].join(', ')}, and was 200, 20, 0.`,
        );
      },
    },
    ...['study', 'series'].map((level): Row => ({
      name: `rendered-${level}`,
      level: 'MUST',
      section: 'PS3.18 §10.4.1.1.3',
      sentence: `A ${level} is rendered, each image of it a picture.`,
      check: async ({ server, data: { main } }) => {
        const path =
          level === 'study' ? `/studies/${main.study}` : `/studies/${main.study}/series/${main.first.series}`;
        const accepted = 'multipart/related; type="image/jpeg", image/jpeg';
        const pictures = await picturesOf(await server.get(`${path}/rendered`, accepted));
        const expected = level === 'study' ? 4 : 2;
        must(pictures.length >= expected, `The answer has ${pictures.length} pictures of at least ${expected} images.`);
      },
    })),
    textRow('rendered-report-html', 'text/html'),
    textRow('rendered-report-plain', 'text/plain'),
    textRow('rendered-report-xml', 'text/xml'),
    {
      name: 'rendered-pdf',
      level: 'MAY',
      section: 'PS3.18 Table 8.7.4-1',
      sentence: 'An encapsulated PDF is rendered as application/pdf.',
      check: async ({ server, data }) => {
        const answer = requireStatus(
          await server.get(`${pathOf(data.main.document)}/rendered`, 'application/pdf'),
          200,
        );
        must(requireType(answer, 'application/pdf').body.toString('latin1', 0, 5) === '%PDF-', 'The body is no PDF.');
      },
    },
  ],
};
