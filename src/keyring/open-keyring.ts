import { randomBytes } from 'node:crypto';
import { LedgerError } from '../base/errors.js';
import { requirePrivate } from '../base/require-private.js';
import { syncFolder } from '../base/write-durably.js';
import { KEY_BYTES } from '../secrecy/labels.js';
import { wholeRing } from '../secrecy/ring.js';
import { ringCommitment } from '../secrecy/ring-commitment.js';
import type { RingsOwner } from '../secrecy/rings-file.js';
import { backupWarnings, readBackupState } from './backup-state.js';
import {
  type HeldRings,
  mergedRing,
  nameOf,
  puncturedRings,
  ringsByName,
  summariesOf,
  withRings,
} from './held-rings.js';
import type { KeyWrapping } from './key-wrapping.js';
import { makeKeysFolder } from './keys-folder.js';
import type { Keyring, KeyringChange, OwnRing, RingName } from './keyring.js';
import { numbersFile, openNumbers } from './open-numbers.js';
import { readRingFile, removeUnfinished, replaceRingFile, requireOwner, ringFile } from './ring-file.js';
import { createStudyNodes } from './study-nodes.js';
import { readWritingState, type WritingState, writeWritingState } from './writing-state.js';

export interface KeyringOptions {
  /** Where all of it lies; made when it isn't there. This process alone may have it. */
  folder: string;
  owner: RingsOwner;
  wrapping: KeyWrapping;
  /** So many studies' nodes are kept at hand. */
  cachedNodes?: number;
}

const CACHED_NODES = 10_000;
const RING_ID_BYTES = 16;

/**
 * Opens the keys of a server. Throws `misconfigured` when they can't be opened, are missing, or are those of another chain,
 * consortium or site, with what to do; nothing is changed then.
 */
export async function openKeyring({ folder, owner, wrapping, ...options }: KeyringOptions): Promise<Keyring> {
  await makeKeysFolder(folder);
  await requirePrivate({ 'The folder of the keys': folder });
  let { held, state } = await readKeys(folder, owner, wrapping);
  const nodes = createStudyNodes(options.cachedNodes ?? CACHED_NODES);
  const listeners = new Set<(change: KeyringChange) => void>();

  /** One change at a time: each begins with what the one before has written. */
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  const replace = async (next: HeldRings): Promise<void> => {
    await replaceRingFile(folder, wrapping, { owner, rings: [...next.values()] });
    held = next;
    nodes.drop();
  };
  const remember = async (next: WritingState): Promise<void> => {
    await writeWritingState(folder, next);
    state = next;
  };
  const tell = (kind: KeyringChange['kind'], rings: readonly RingName[]): void => {
    for (const { siteId, ringId } of rings) for (const listener of listeners) listener({ kind, siteId, ringId });
  };
  const ownRing = (ringId: Buffer) => held.get(nameOf({ siteId: owner.siteId, ringId }))?.ring;
  /** None when its keys are not here, or nothing is left of it. */
  const writing = (): OwnRing | undefined =>
    state.writing && ownRing(state.writing.ringId)?.size ? state.writing : undefined;

  const numbers = openNumbers(numbersFile(folder));
  await syncFolder(folder);
  return {
    owner,
    wrapping: wrapping.kind,
    get writing() {
      return writing();
    },
    isDue: (now, audience = []) => {
      const ring = writing();
      return ring === undefined || !isFor(ring, now.getUTCFullYear(), audience);
    },
    newRing: (now, audience = []) =>
      inTurn(async () => {
        const year = now.getUTCFullYear();
        const found = state.prepared.find((one) => isFor(one, year, audience) && ownRing(one.ringId)?.size);
        if (found) return found;
        const [ringId, root] = [randomBytes(RING_ID_BYTES), randomBytes(KEY_BYTES)];
        const commitment = ringCommitment(root, { ...owner, ringId });
        const made = { ringId, commitment, year, audience: [...audience].sort((one, other) => one - other) };
        await replace(withRings(held, [{ siteId: owner.siteId, ringId, ring: wholeRing(root) }]));
        const others = state.prepared.filter((one) => one.year === year && !isFor(one, year, audience));
        await remember({ ...state, prepared: [...others, made] });
        return made;
      }),
    writeTo: (ringId) =>
      inTurn(async () => {
        if (state.writing?.ringId.equals(ringId)) return;
        const next = state.prepared.find((one) => one.ringId.equals(ringId));
        if (!next)
          throw new LedgerError('internal', `The ring ${ringId.toString('hex')} is none of those that were made.`);
        const others = [...state.prepared.filter((one) => one !== next), ...(state.writing ? [state.writing] : [])];
        const prepared = others.filter(({ year }) => year === next.year);
        await remember({ writing: next, prepared, punctures: state.punctures });
      }),
    setAside: (ringId) =>
      inTurn(async () => {
        const prepared = state.prepared.filter((one) => !one.ringId.equals(ringId));
        if (prepared.length < state.prepared.length) await remember({ ...state, prepared });
      }),
    rings: () => summariesOf(held.values()),
    ringOf: (name) => held.get(nameOf(name))?.ring,
    studyNode: (name, studyKey) => {
      const found = held.get(nameOf(name));
      return found && nodes.get(nameOf(name), found.ring, studyKey);
    },
    merge: (name, ring, erasures) =>
      inTurn(async () => {
        const merged = await mergedRing(held, { ...name, ring }, erasures);
        if (!merged) return;
        await replace(withRings(held, [merged]));
        tell('merged', [merged]);
      }),
    puncture: (rings, prefixes) =>
      inTurn(async () => {
        const punctured = await puncturedRings(held, rings, prefixes);
        if (punctured.length === 0) return;
        // First: what was counted and not done costs a backup too many; the other way round there is one too few.
        await remember({ ...state, punctures: state.punctures + 1 });
        await replace(withRings(held, punctured));
        tell('punctured', punctured);
      }),
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    warnings: async () => {
      try {
        const backup = await readBackupState(folder);
        return backupWarnings({ owner, rings: [...held.values()], punctures: state.punctures }, backup);
      } catch (error) {
        if (error instanceof LedgerError) return [error.message];
        throw error;
      }
    },
    numbersOf: (identity) => numbers.numbersOf(identity),
    learn: (announced) => numbers.learn(announced),
    seen: (announced) => numbers.seen(announced),
    newIncarnation: () => numbers.newIncarnation(),
    close: async () => {
      await last;
      nodes.drop();
      await numbers.close();
    },
  };
}

async function readKeys(
  folder: string,
  owner: RingsOwner,
  wrapping: KeyWrapping,
): Promise<{ held: HeldRings; state: WritingState }> {
  const found = await readRingFile(folder, wrapping);
  const state = await readWritingState(folder);
  if (!found && state)
    throw new LedgerError(
      'misconfigured',
      `The file ${ringFile(folder)} with the keys of this archive is gone; what was written under them cannot be read without it. Bring it back, or run "dicom-ledger keys restore" with a backup of the keys.`,
    );
  if (found) requireOwner(found.owner, owner, ringFile(folder));
  const held = ringsByName(found?.rings ?? []);
  for (const ring of [state?.writing, ...(state?.prepared ?? [])]) if (ring) requireCommitment(ring, held, owner);
  await removeUnfinished(folder);
  if (found?.isOutdated) await replaceRingFile(folder, wrapping, found);
  return { held, state: state ?? { prepared: [], punctures: 0 } };
}

function isFor(ring: OwnRing, year: number, audience: readonly number[]): boolean {
  return (
    ring.year === year &&
    ring.audience.length === audience.length &&
    audience.every((site) => ring.audience.includes(site))
  );
}

/** Throws `misconfigured` when what is remembered of a ring is not what its root gives. */
function requireCommitment({ ringId, commitment }: OwnRing, held: HeldRings, owner: RingsOwner): void {
  const root = held.get(nameOf({ siteId: owner.siteId, ringId }))?.ring.get('');
  if (!root || ringCommitment(root, { ...owner, ringId }).equals(commitment)) return;
  throw new LedgerError(
    'misconfigured',
    `What is remembered of the ring ${ringId.toString('hex')} in writing.json is not what its keys give: move that file away, and the server opens a new ring.`,
  );
}
