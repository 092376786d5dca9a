import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CatalogReader } from '../catalog.js';
import type { ResourceIds } from '../query.js';
import type { Reading } from './reading.js';

/** What is read of a catalogue as somebody sees it, but for what has changed, which is written down when it is asked for. */
export type SeenCatalog = Omit<CatalogReader, 'changes'>;

/** Runs work so that nothing can come between the parts of it, and turns what SQLite throws into a LedgerError. */
type AtOnce = <T>(work: () => T) => T;

/** Makes what works at once, or in steps that do, into what a catalogue promises. */
export function createPromised(atOnce: AtOnce) {
  return {
    promised:
      <A extends unknown[], R>(work: (...parameters: A) => R) =>
      async (...parameters: A): Promise<R> =>
        atOnce(() => work(...parameters)),
    /** Others have their turn at each `yield`. */
    promisedInTurns:
      <P, R>(work: (parameters: P) => Generator<void, R>) =>
      async (parameters: P, { signal }: { signal?: AbortSignal } = {}): Promise<R> => {
        const steps = work(parameters);
        for (;;) {
          signal?.throwIfAborted();
          const step = atOnce(() => steps.next());
          if (step.done) return step.value;
          await nextTurn();
        }
      },
    promisedEach: <A extends unknown[], T>(work: (...parameters: A) => Generator<T>) =>
      async function* (...parameters: A): AsyncGenerator<T> {
        const values = work(...parameters);
        for (;;) {
          const next = atOnce(() => values.next());
          if (next.done) return;
          yield next.value;
        }
      },
  };
}

/** What a catalogue promises of its reading. */
export const promisedReading = (
  seen: Reading,
  { promised, promisedInTurns, promisedEach }: ReturnType<typeof createPromised>,
): SeenCatalog => ({
  search: promisedInTurns(seen.search),
  hasStudy: promised(seen.hasStudy),
  siteOfStudy: promised(seen.siteOfStudy),
  instance: promised(seen.instance),
  instances: promised(seen.instances),
  isGone: promised(seen.isGone),
  metadata: promisedEach((ids: ResourceIds) => seen.metadata(ids)),
  bodies: promised(seen.bodies),
  preview: promised(seen.preview),
  images: promisedEach((PatientID: string, fileName?: string) => seen.images(PatientID, fileName)),
  sealedSOPInstanceUIDs: promisedEach(() => seen.sealedSOPInstanceUIDs()),
  counts: promised(seen.counts),
});
