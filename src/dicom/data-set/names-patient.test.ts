import { describe, expect, it } from '@jest/globals';
import { bufferSource } from '../../base/byte-source.js';
import { scanPart10 } from '../part10/part10.js';
import { type HandMade, object, part10, sequence, text } from '../testing/hand-made.js';
import { namesPatient } from './names-patient.js';

async function isNamed(elements: HandMade[], options: Parameters<typeof part10>[1] = {}): Promise<boolean> {
  const result = await scanPart10(bufferSource(part10(object(...elements), options)));
  if (result.kind === 'refused') throw new Error(result.message);
  return namesPatient(result.header);
}

const name = (value: string) => text(0x00100010, 'PN', value);
const id = (value: string) => text(0x00100020, 'LO', value);
const removed = (value: string) => text(0x00120062, 'CS', value);

describe('namesPatient', () => {
  it.each<[string, HandMade[]]>([
    ['a name', [name('Doe^J')]],
    ['an ID', [id('1')]],
    ['both', [name('Doe^J'), id('1')]],
    ['a name in other characters alone', [name('==\u00e4\u00e9')]],
    ['a name that is too long for a header', [name('Doe'.repeat(2_000))]],
    ['an identity that is not removed', [id('1'), removed('NO')]],
    ['an identity of which nothing is said', [id('1'), removed('')]],
  ])('is true of %s', async (_what, elements) => {
    expect(await isNamed(elements)).toBe(true);
  });

  it.each<[string, HandMade[]]>([
    ['neither', []],
    ['both, empty', [name(''), id('')]],
    ['delimiters alone', [name('^^^^'), id('  ')]],
    ['a removed identity', [name('Subject^7'), id('S-7'), removed('YES')]],
    ['a removed identity, padded', [id('S-7'), removed('YES ')]],
    ['what is named in an item alone', [sequence(0x00081140, [[id('1')]])]],
  ])('is false of %s', async (_what, elements) => {
    expect(await isNamed(elements)).toBe(false);
  });

  it('reads each encoding', async () => {
    for (const spelling of ['implicit', 'explicit', 'big'] as const) {
      expect([spelling, await isNamed([id('1')], { spelling })]).toEqual([spelling, true]);
      expect([spelling, await isNamed([id('1'), removed('YES')], { spelling })]).toEqual([spelling, false]);
    }
  });
});
