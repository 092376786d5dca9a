import { accept } from '../ask/accept.js';
import { partsOf } from '../ask/multipart.js';
import { must, requireRefused, requireStatus, requireType } from '../judge/require-status.js';
import { storedIn } from '../judge/stored-in.js';
import { type MadeInstance, pathOf } from '../made/made-instance.js';
import type { Checked, Group, Row } from '../row.js';

/** Frames, in the order of the parts. */
async function framesOf(
  { server }: Checked,
  made: MadeInstance,
  list: string,
  accepted: string = accept.bulk,
): Promise<Buffer[]> {
  const answer = requireStatus(await server.get(`${pathOf(made)}/frames/${list}`, accepted), 200);
  return partsOf(answer).map(({ body }) => body);
}

/** Frames of an odd length may be followed by one byte of padding. */
function requireFrames(answered: readonly Buffer[], stored: readonly (Buffer | undefined)[]): void {
  must(answered.length === stored.length, `The answer has ${answered.length} parts, not ${stored.length}.`);
  for (const [index, frame] of stored.entries()) {
    const got = answered[index] ?? Buffer.alloc(0);
    must(
      frame && got.subarray(0, frame.length).equals(frame) && got.length <= frame.length + 1,
      `Part ${index + 1} is not the frame that was stored (${got.length} bytes).`,
    );
  }
}

const DECODED_ROWS: Row[] = ['RLE Lossless', 'JPEG Lossless', 'JPEG-LS Lossless', 'JPEG 2000 Lossless'].map((name) => ({
  name: `frames-of-${name.toLowerCase().replaceAll(' ', '-')}`,
  level: 'MUST',
  section: 'PS3.18 §8.7.3, Table 8.7.3-4',
  sentence: `A frame that was stored in ${name} comes decoded, with the same pixels, as octet-stream without a transfer syntax.`,
  check: async (checked) => {
    const made = await storedIn(checked.server, checked.data.compressed, name);
    requireFrames(await framesOf(checked, made, '1'), made.frames);
  },
}));

/** A list of frames that cannot be had. */
const refused = (name: string, list: string, sentence: string): Row => ({
  name,
  level: 'MUST',
  section: 'PS3.18 §10.4.1.1.6, §10.4.3.1',
  sentence,
  check: async ({ server, data }) => {
    requireRefused(await server.get(`${pathOf(data.main.frames)}/frames/${list}`, accept.bulk));
  },
});

export const retrieveFrames: Group = {
  title: 'Retrieve: frames',
  rows: [
    {
      name: 'frames-one',
      level: 'MUST',
      section: 'PS3.18 §10.4.1.1.6',
      sentence: 'One frame of a multi-frame image comes as one part of octet-stream.',
      check: async (checked) => {
        const { frames } = checked.data.main;
        requireFrames(await framesOf(checked, frames, '2'), [frames.frames[1]]);
      },
    },
    {
      name: 'frames-in-order',
      level: 'MUST',
      section: 'PS3.18 §10.4.1.1.6',
      sentence: 'Frames come in the order in which they are asked for.',
      check: async (checked) => {
        const { frames } = checked.data.main;
        requireFrames(await framesOf(checked, frames, '3,1'), [frames.frames[2], frames.frames[0]]);
      },
    },
    {
      name: 'frames-comma-encoded',
      level: 'MUST',
      section: 'RFC 3986 §2.1',
      sentence: 'The comma of a list of frames may be percent-encoded.',
      check: async (checked) => {
        const { frames } = checked.data.main;
        requireFrames(await framesOf(checked, frames, '1%2C2'), [frames.frames[0], frames.frames[1]]);
      },
    },
    {
      name: 'frames-16-bit',
      level: 'MUST',
      section: 'PS3.18 §8.7.3.3.1',
      sentence: 'The frame of a 16 bit image comes in little endian.',
      check: async (checked) => {
        const { first } = checked.data.main;
        requireFrames(await framesOf(checked, first, '1'), first.frames);
      },
    },
    {
      name: 'frames-colour',
      level: 'MUST',
      section: 'PS3.18 §8.7.3.3.1',
      sentence: 'The frame of a colour image comes as it was stored, by pixel.',
      check: async (checked) => {
        const { colour } = checked.data.main;
        requireFrames(await framesOf(checked, colour, '1'), colour.frames);
      },
    },
    {
      name: 'frames-as-jpeg',
      level: 'MUST',
      section: 'PS3.18 Table 8.7.3-5, §8.7.3.3.2',
      sentence:
        'A frame that was stored in JPEG Baseline comes as image/jpeg in that transfer syntax, the bare codestream.',
      check: async (checked) => {
        const made = await storedIn(checked.server, checked.data.compressed, 'JPEG Baseline');
        const accepted = 'multipart/related; type="image/jpeg"; transfer-syntax=1.2.840.10008.1.2.4.50';
        requireFrames(await framesOf(checked, made, '1', accepted), made.codestreams);
      },
    },
    {
      name: 'frames-as-stored',
      level: 'MAY',
      section: 'PS3.18 §8.7.3.5.2',
      sentence: 'With transfer-syntax=* a compressed frame comes as it was stored, as viewers ask for it.',
      check: async (checked) => {
        const made = await storedIn(checked.server, checked.data.compressed, 'JPEG 2000 Lossless');
        requireFrames(await framesOf(checked, made, '1', `${accept.bulk}; transfer-syntax=*`), made.codestreams);
      },
    },
    {
      name: 'frames-single-part',
      level: 'MAY',
      section: 'PS3.18 §10.4.4',
      sentence: 'One frame comes alone, without multipart, for Accept: application/octet-stream.',
      check: async ({ server, data }) => {
        const answer = requireStatus(
          await server.get(`${pathOf(data.main.first)}/frames/1`, 'application/octet-stream'),
          200,
        );
        requireFrames([requireType(answer, 'application/octet-stream').body], data.main.first.frames);
      },
    },
    refused('frames-zero', '0', 'Frame 0 is refused: frames count from 1.'),
    refused('frames-negative', '-1', 'Frame -1 is refused.'),
    refused('frames-no-number', 'abc', 'A frame that is no number is refused.'),
    refused('frames-beyond', '4', 'A frame beyond the last is refused.'),
    {
      name: 'frames-partly',
      level: 'MAY',
      section: 'PS3.18 §10.4.3.1',
      sentence: 'Of a list with a frame beyond the last, the others come: 206.',
      check: async ({ server, data }) => {
        requireStatus(await server.get(`${pathOf(data.main.frames)}/frames/1,99`, accept.bulk), 206);
      },
    },
    {
      name: 'frames-of-report',
      level: 'MUST',
      section: 'PS3.18 §10.4.3.1',
      sentence: 'Frames of an object that has none are refused.',
      check: async ({ server, data }) => {
        requireRefused(await server.get(`${pathOf(data.main.report)}/frames/1`, accept.bulk));
      },
    },
    ...DECODED_ROWS,
  ],
};
