import { afterAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import path from 'node:path';
import pino from 'pino';
import { until } from '../../base/testing/until.js';
import { openHeaderReader } from '../../dicom/metadata/open-header-reader.js';
import { eventMaker } from '../testing/event-maker.js';
import { startFollowing } from '../testing/start-following.js';
import { inFolder } from '../testing/parts.js';
import type { Catalog } from '../../catalog/catalog.js';
import type { QueryLevel } from '../../catalog/query.js';
import type { LabelRule } from '../../catalog/label-rules.js';
import { openTestCatalog } from '../../catalog/testing/open-test-catalog.js';
import { gathered } from '../../catalog/testing/records.js';
import { LedgerError } from '../../base/errors.js';
import type { Hex } from '../../ledger/ethereum/hex.js';
import type { BlockStep, Body, ChainStep, FollowOptions, LedgerEvent } from '../../ledger/ledger.js';

const maker = eventMaker();
const hashOf = (name: string): Hex => `0x${name}`;
const block = (number: bigint, name: string, events: LedgerEvent[] = []): BlockStep => ({
  kind: 'block',
  block: { number, hash: hashOf(name) },
  parentHash: '0x',
  timestamp: 1_700_000_000n + number,
  events,
});

const headers = openHeaderReader({ maxBytes: 1_000_000 });
afterAll(() => headers.close());

/** Follows these steps to their end, and reads all of it. */
async function followed(
  catalog: Catalog,
  steps: ChainStep[],
  readBody = maker.ledger.readBody.bind(maker.ledger),
  labelRules: readonly LabelRule[] = [],
): Promise<{ starts: (bigint | undefined)[] }> {
  const starts: (bigint | undefined)[] = [];
  let next = 0;
  const ledger = {
    ...maker.ledger,
    readBody,
    follow: async function* ({ after, signal }: FollowOptions): AsyncGenerator<ChainStep> {
      starts.push(after?.number);
      while (next < steps.length) yield steps[next++]!;
      if (!signal.aborted) await once(signal, 'abort');
    },
  };
  const { progress, reader, close } = startFollowing({ ledger, catalog, headers, labelRules });
  const last = steps.at(-1)!;
  const end = last.kind === 'block' ? last.block : (last.blocks.at(-1)?.block ?? last.to);
  await progress.until(() => (progress.head?.hash === end.hash ? true : undefined));
  await reader.idle();
  await close();
  return { starts };
}

/** Everything that a client can see. */
async function seen(catalog: Catalog): Promise<unknown> {
  const levels: QueryLevel[] = ['patient', 'study', 'series', 'instance'];
  return {
    cursor: catalog.projection.cursor(),
    counts: await catalog.seenBy('everything').counts(),
    found: await Promise.all(
      levels.map((level) =>
        catalog.seenBy('everything').search({ level, match: [], include: 'all', fuzzy: false, limit: 100, offset: 0 }),
      ),
    ),
    metadata: await gathered(catalog.seenBy('everything').metadata({ StudyInstanceUID: '1.2.3.5' })),
    instances: await catalog.seenBy('everything').instances({ StudyInstanceUID: '1.2.3.5' }),
  };
}

const inCatalogs = (run: (a: Catalog, b: Catalog) => Promise<void>): Promise<void> =>
  inFolder(async (folder) => {
    const [a, b] = ['a', 'b'].map((name) => openTestCatalog({ file: path.join(folder, name) })) as [Catalog, Catalog];
    try {
      await run(a, b);
    } finally {
      await a.close();
      await b.close();
    }
  });

describe('startFollower', () => {
  it('ends after a reorganisation where a replay of the chain that stayed ends', () =>
    inCatalogs(async (reorganised, replayed) => {
      const one = block(1n, 'a1', [await maker.announced('1.2.7'), await maker.announced('1.2.6', 1)]);
      const two = block(2n, 'a2', [maker.sealed('1.2.7', 0), await maker.announced('1.2.8', 1, 'P-2')]);
      const three = block(3n, 'a3', [maker.retired('1.2.7', 0), maker.withdrawn('1.2.6')]);
      const other = block(2n, 'b2', [await maker.announced('1.2.9'), maker.sealed('1.2.6')]);
      const back: ChainStep = { kind: 'rollback', to: { number: 1n, hash: hashOf('a1') }, blocks: [] };

      await followed(reorganised, [block(0n, 'a0'), one, two, three, back, other]);
      await followed(replayed, [block(0n, 'a0'), one, other]);
      expect(await seen(reorganised)).toEqual(await seen(replayed));
      expect((await reorganised.seenBy('everything').counts()).instances).toBe(3);
    }));

  it('labels by rules what is announced, of every site, on every branch, but not what was taken away', () =>
    inCatalogs(async (catalog) => {
      const rules = [
        { label: 'north', when: { siteId: ['1'] } },
        { label: 'south', when: { siteId: ['2'] } },
      ];
      const labels = async (siteId: number) =>
        (await catalog.annotations.labels({ siteId, StudyInstanceUID: '1.2.3.5' })).map(({ label }) => label);
      const read = maker.ledger.readBody.bind(maker.ledger);
      const steps = [block(0n, 'a0'), block(1n, 'a1', [await maker.announced('1.2.7')])];
      await followed(catalog, steps, read, rules);
      expect(await labels(1)).toEqual(['north']);
      await catalog.annotations.removeLabel({ siteId: 1, StudyInstanceUID: '1.2.3.5' }, 'north');
      const other = block(1n, 'b1', [{ ...(await maker.announced('1.2.8')), siteId: 2 }]);
      const back: ChainStep = { kind: 'rollback', to: { number: 0n, hash: hashOf('a0') }, blocks: [other] };
      await followed(catalog, [back, block(2n, 'b2', [await maker.announced('1.2.9')])], read, rules);
      expect([await labels(1), await labels(2)]).toEqual([[], ['south']]);
    }));

  it.each([1, 2])('never hides what both branches of a reorganisation have, of site %i', (siteId) =>
    inCatalogs(async (catalog) => {
      const announced = { ...(await maker.announced('1.2.7')), siteId };
      const { imageId } = announced;
      const sealed = maker.sealed('1.2.7', 0);
      const states: (string | undefined)[] = [];
      const readBody = maker.ledger.readBody.bind(maker.ledger);
      await followed(catalog, [block(0n, 'a0'), block(1n, 'a1', [announced]), block(2n, 'a2', [sealed])]);
      await followed(
        catalog,
        [
          {
            kind: 'rollback',
            to: { number: 0n, hash: hashOf('a0') },
            blocks: [block(1n, 'b1', [announced]), block(2n, 'b2', [sealed])],
          },
        ],
        async (body) => {
          states.push(catalog.projection.image(imageId)?.state);
          const bytes = await readBody(body);
          states.push(catalog.projection.image(imageId)?.state);
          return bytes;
        },
      );
      expect([states.length, new Set(states)]).toEqual([4, new Set(['sealed'])]);
      expect(catalog.projection.image(imageId)).toMatchObject({ state: 'sealed', sealedBlock: 2n });
      expect(catalog.projection.cursor()).toMatchObject({ number: 2n, hash: hashOf('b2') });
    }),
  );

  it('goes on at the cursor after a start', () =>
    inCatalogs(async (catalog) => {
      expect((await followed(catalog, [block(0n, 'a0'), block(1n, 'a1')])).starts).toEqual([undefined]);
      const { starts } = await followed(catalog, [block(2n, 'a2', [await maker.announced('1.2.7')])]);
      expect(starts).toEqual([1n]);
      expect((await catalog.seenBy('everything').counts()).instances).toBe(1);
    }));

  describe('before bytes that no node has just now', () => {
    const absent = new LedgerError('unavailable', 'There is no code at that address.', { retryable: true });
    const lie = new LedgerError('corrupt', 'These are not the bytes of that address.', { retryable: true });

    it.each([
      ['absent', 1, absent],
      ['absent', 2, absent],
      ['wrong', 1, lie],
      ['wrong', 2, lie],
    ])('applies the block while they are %s, of site %i, and reads them later', (_name, siteId, failure) =>
      inCatalogs(async (catalog) => {
        let left = 3;
        const readBody = async (body: Body): Promise<Buffer> => {
          if (left-- > 0) throw failure;
          return maker.ledger.readBody(body);
        };
        const late = { ...(await maker.announced('1.2.7')), siteId };
        const next = block(2n, 'a2', [await maker.announced('1.2.8')]);
        await followed(catalog, [block(0n, 'a0'), block(1n, 'a1', [late]), next], readBody);
        await followed(catalog, [block(3n, 'a3')]);
        expect(left).toBeLessThan(3);
        const seen = await catalog.seenBy('everything').instances({ StudyInstanceUID: '1.2.3.5' });
        const everything = [
          ...seen,
          ...(await catalog.seenBy('everything', siteId).instances({ StudyInstanceUID: '1.2.3.5' })),
        ];
        expect(new Set(everything.map(({ SOPInstanceUID }) => SOPInstanceUID))).toEqual(new Set(['1.2.7', '1.2.8']));
      }),
    );
  });

  it('says at which block it stands still, and why, and goes on when it can', () =>
    inCatalogs(async (catalog) => {
      const lines: string[] = [];
      const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
      let isBroken = true;
      const ledger = {
        ...maker.ledger,
        follow: async function* ({ after, signal }: FollowOptions): AsyncGenerator<ChainStep> {
          if (!after) yield block(0n, 'a0');
          yield block(1n, 'a1');
          if (!signal.aborted) await once(signal, 'abort');
        },
      };
      const failing: Catalog = {
        ...catalog,
        apply: async (at, changes) => {
          if (at.number === 1n && isBroken)
            throw new LedgerError('out-of-space', 'The disk is full.', { retryable: true });
          return catalog.apply(at, changes);
        },
      };
      const { progress, close } = startFollowing({ ledger, catalog: failing, headers, log }, { alarmMs: 0 });
      await until('a word of it', () => lines.length > 0);
      expect(JSON.parse(lines[0]!)).toMatchObject({
        block: 1,
        msg: 'The catalogue stands still.',
        error: 'The disk is full.',
      });
      isBroken = false;
      await progress.until(() => (progress.head?.number === 1n ? true : undefined));
      await close();
    }));
});
