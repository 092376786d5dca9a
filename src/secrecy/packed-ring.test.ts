import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { packedRing } from './packed-ring.js';
import { bitAt, childPlace, comparePlaces, isAtOrBelow, isPlace, placeOf, prefixOf } from './place.js';
import { placeOver, puncture } from './ring.js';
import { pathOf, type Prefix } from './tree.js';

/** Also those that end at, before and behind the middle of the 64 bits. */
const prefix = fc.oneof(
  fc.array(fc.constantFrom('0', '1'), { maxLength: 64 }).map((bits) => bits.join('')),
  fc.array(fc.constantFrom('0', '1'), { maxLength: 4 }).map((bits) => bits.join('')),
  fc.array(fc.constantFrom('0', '1'), { minLength: 31, maxLength: 33 }).map((bits) => bits.join('')),
);
const nodeFor = (place: Prefix): Buffer => hash('sha256', place, 'buffer');

describe('Places', () => {
  it('are ordered, one below another, and stepped down as their prefixes as text', () => {
    fc.assert(
      fc.property(prefix, prefix, (one, other) => {
        const [a, b] = [placeOf(one), placeOf(other)];
        expect(prefixOf(a)).toBe(one);
        expect(isPlace(a)).toBe(true);
        expect(Math.sign(comparePlaces(a, b))).toBe(one < other ? -1 : Number(one > other));
        expect(isAtOrBelow(a, b)).toBe(one.startsWith(other));
        for (const bit of one.length < 64 ? (['0', '1'] as const) : [])
          expect(prefixOf(childPlace(a, bit))).toBe(one + bit);
        expect([...one].map((_, at) => bitAt(a, at)).join('')).toBe(one);
      }),
    );
  });

  it('have nothing behind their depth', () => {
    for (const [depth, high, low] of [
      [0, 1, 0],
      [31, 1, 0],
      [32, 1, 1],
      [33, 0, 1],
      [63, 0, 1],
      [65, 0, 0],
    ] as const)
      expect([depth, isPlace({ depth, high, low })]).toEqual([depth, false]);
    for (const [depth, high, low] of [
      [1, 2 ** 31, 0],
      [32, 1, 0],
      [33, 1, 2 ** 31],
      [64, 1, 1],
    ] as const)
      expect([depth, isPlace({ depth, high, low })]).toEqual([depth, true]);
  });
});

describe('puncture', () => {
  it('takes the same out of a ring whatever the order of many prefixes', () => {
    const whole = packedRing(new Map([['', nodeFor('')]]));
    const first = 0x0123_4567n << 32n;
    const inOrder = Array.from({ length: 9_000 }, (_, i) => pathOf(first + BigInt(i * 2)));
    const shuffled = inOrder.toSorted((one, other) => nodeFor(one).compare(nodeFor(other)));
    const left = puncture(whole, inOrder);
    expect(packedRing(puncture(whole, shuffled)).entries.equals(packedRing(left).entries)).toBe(true);
    expect(left.has(pathOf(first + 1n))).toBe(true);
    expect(inOrder.filter((path) => placeOver(left, path) !== undefined)).toEqual([]);
  });
});

describe('packedRing', () => {
  it('has what a Map of the same places has, in order, without what is below others', () => {
    fc.assert(
      fc.property(fc.array(prefix, { maxLength: 40 }), fc.array(prefix), (places, asked) => {
        const uppermost = [...new Set(places)].filter(
          (place) => !places.some((other) => other !== place && place.startsWith(other)),
        );
        const map = new Map(uppermost.sort().map((place) => [place, nodeFor(place)]));
        const packed = packedRing(new Map(places.map((place) => [place, nodeFor(place)])));
        expect([packed.size, [...packed.keys()]]).toEqual([map.size, [...map.keys()]]);
        expect(new Map(packed)).toEqual(map);
        expect([...packed.values()]).toEqual([...map.values()]);
        for (const place of [...places, ...asked]) {
          expect([place, packed.get(place), packed.has(place)]).toEqual([place, map.get(place), map.has(place)]);
          const above = uppermost.find((one) => place.startsWith(one));
          const index = packed.indexOver(placeOf(place));
          expect(index < 0 ? undefined : prefixOf(packed.placeAt(index))).toBe(above);
        }
      }),
    );
  });

  it('is what it was where it is packed already', () => {
    const packed = packedRing(new Map([['01', nodeFor('01')]]));
    expect(packedRing(packed)).toBe(packed);
  });
});
