import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mergeRings } from './merge-rings.js';
import { grant, nodeAt, puncture, type Ring, wholeRing } from './ring.js';
import { writeRing } from './write-ring.js';
import { pathOf, type Prefix, walk } from './tree.js';

const HISTORIES = 1_000;
const root = Buffer.alloc(32, 1);

/** Neighbours, other ends of the tree, and two that share 40 bits. */
const PATHS = [0n, 1n, 2n, 3n, 2n ** 63n, 2n ** 64n - 1n, 0x0123_4567_89ab_cdefn, 0x0123_4567_8900_0000n].map(pathOf);
const NODES = new Map(PATHS.map((path) => [path, walk(root, path)]));
const RANGES = PATHS.flatMap((path) => [path, path.slice(0, 62), path.slice(0, 40), path.slice(0, 1)]);

/** Something comes to a site: an erasure that was executed, or a letter. */
type Event = { erase: Prefix } | { letter: Ring };

const history = fc
  .record({
    // The contract takes studies only; ranges are for years that end.
    erasures: fc.uniqueArray(fc.constantFrom(...RANGES), { maxLength: 5 }),
    letters: fc.array(fc.record({ part: fc.constantFrom('', ...RANGES), known: fc.nat(5) }), {
      minLength: 1,
      maxLength: 4,
    }),
  })
  .chain(({ erasures, letters }) => {
    const written = letters.map((letter) => ({ letter: letterOf(letter, erasures) }));
    const inOrder: Event[] = [...written, ...erasures.map((erase) => ({ erase }))];
    const inAnyOrder = fc.shuffledSubarray(inOrder, { minLength: inOrder.length });
    return fc.record({
      inOrder: fc.constant(inOrder),
      inAnyOrder,
      letters: fc.constant(letters),
      erasures: fc.constant(erasures),
    });
  });

/** What a sender writes who knows of so many erasures: the ring as it holds it, cut to what is granted. */
function letterOf({ part, known }: { part: Prefix; known: number }, erasures: readonly Prefix[]): Ring {
  return grant(puncture(wholeRing(root), erasures.slice(0, known)), part);
}

/** What the site holds when all of it has come. */
function endOf(events: readonly Event[]): Ring {
  let held: Ring = new Map();
  const erased: Prefix[] = [];
  for (const event of events) {
    if ('letter' in event) held = mergeRings(held, event.letter, { erased });
    else {
      erased.push(event.erase);
      held = puncture(held, [event.erase]);
    }
  }
  return held;
}

describe('Erasures, letters and grants in any order', () => {
  it(`end in one ring, from which exactly what was erased or never given cannot be derived: ${HISTORIES} histories`, () => {
    fc.assert(
      fc.property(history, ({ inOrder, inAnyOrder, letters, erasures }) => {
        const held = endOf(inAnyOrder);
        expect(writeRing(held).equals(writeRing(endOf(inOrder)))).toBe(true);
        for (const path of PATHS) {
          const isErased = erasures.some((erased) => path.startsWith(erased));
          const isGiven = letters.some(({ part }) => path.startsWith(part));
          const node = nodeAt(held, path);
          expect(node !== undefined).toBe(isGiven && !isErased);
          if (node) expect(node.equals(NODES.get(path)!)).toBe(true);
        }
      }),
      { numRuns: HISTORIES, seed: 17 },
    );
  }, 300_000);
});
