import { describe, expect, it } from '@jest/globals';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import type { MultipartPart } from './multipart-stream.js';
import { partsAhead } from './parts-ahead.js';

/** Parts that note what becomes of them: opened when they are asked for, begun when their first bytes are. */
function bed(count: number, { atHand = false, failing }: { atHand?: boolean; failing?: number } = {}) {
  const notes: string[] = [];
  const made = (number: number): MultipartPart => ({
    payload: {
      mediaType: 'a/b',
      byteCount: 2,
      open: atHand
        ? () => [Buffer.from(`${number};`)]
        : async function* () {
            notes.push(`begun ${number}`);
            if (number === failing) throw new Error(`No node has part ${number}.`);
            yield Buffer.from(`${number}`);
            yield Buffer.from(';');
          },
    },
  });
  function* parts(): Generator<MultipartPart | Promise<MultipartPart>> {
    for (let number = 0; number < count; number++) {
      notes.push(`opened ${number}`);
      yield atHand ? made(number) : Promise.resolve(made(number));
    }
  }
  return { notes, parts };
}

const text = async (part: MultipartPart | Promise<MultipartPart>): Promise<string> =>
  (await buffer(Readable.from((await part).payload.open()))).toString();
const settled = (): Promise<void> => new Promise(setImmediate);

describe('partsAhead', () => {
  it.each([true, false])('gives all parts whole and in order; at hand: %s', async (atHand) => {
    const texts: string[] = [];
    for (const part of partsAhead(bed(5, { atHand }).parts())) texts.push(await text(part));
    expect(texts).toEqual(['0;', '1;', '2;', '3;', '4;']);
  });

  it('begins two parts while one is sent, and no more', async () => {
    const { notes, parts } = bed(6);
    const ahead = partsAhead(parts());
    expect(notes).toEqual([]);
    const first = ahead.next().value as Promise<MultipartPart>;
    await settled();
    expect(notes.filter((note) => note.startsWith('begun'))).toEqual(['begun 0', 'begun 1', 'begun 2']);
    expect(await text(first)).toBe('0;');
    ahead.next();
    await settled();
    expect(notes.filter((note) => note.startsWith('begun'))).toHaveLength(4);
  });

  it('opens what is at hand one ahead at most', () => {
    const { notes, parts } = bed(6, { atHand: true });
    partsAhead(parts()).next();
    expect(notes).toEqual(['opened 0', 'opened 1']);
  });

  it('lets a part fail when its turn comes, and not before', async () => {
    const ahead = [...partsAhead(bed(3, { failing: 1 }).parts())];
    await settled();
    expect(await text(ahead[0]!)).toBe('0;');
    await expect(text(ahead[1]!)).rejects.toThrow('No node has part 1.');
    expect(await text(ahead[2]!)).toBe('2;');
  });
});
