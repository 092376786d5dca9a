import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { LedgerError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { syncFolder, writeDurably } from '../base/write-durably.js';
import { type DatedCardKeys, readCardKeysFile, writeCardKeysFile } from '../secrecy/card-keys-file.js';
import { KEY_BYTES } from '../secrecy/labels.js';
import { type FileOwner, readSecretFileHead } from '../secrecy/secret-file.js';
import { CARD_KEY_MS, type CardKeyring } from './card-keyring.js';
import { readComparedCards, writeComparedCards } from './compared-cards.js';
import type { KeyWrapping } from './key-wrapping.js';
import { makeKeysFolder } from './keys-folder.js';
import { requireOwner } from './ring-file.js';

export interface CardKeyringOptions {
  /** That of the keys. */
  folder: string;
  owner: FileOwner;
  /** As the ring file is wrapped. */
  wrapping: KeyWrapping;
  log: Log;
  /** Milliseconds since 1970; of the machine unless given. */
  now?: () => number;
}

const LOOK_AGAIN_MS = 3_600_000;

/** The file of the private halves in the folder of the keys. */
export const cardKeysFile = (folder: string): string => path.join(folder, 'card-keys');

/**
 * Opens the card keys of a server, and destroys those that have lived their time, now and whenever one has. The file is replaced whole, under a new
 * file key, so that what is left of an old one opens nothing without a wrapping of before. Throws `misconfigured` when it can't be opened.
 */
export async function openCardKeyring(options: CardKeyringOptions): Promise<CardKeyring> {
  const { folder, owner, wrapping, log, now = Date.now } = options;
  await makeKeysFolder(folder);
  const file = cardKeysFile(folder);
  await rm(`${file}.new`, { force: true });
  const found = await readHeld(file, options);
  let held = found.cardKeys;
  let compared = await readComparedCards(folder);

  /** One change at a time: each begins with what the one before has written. */
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  const isAlive = ({ madeAt }: DatedCardKeys): boolean => now() < madeAt + CARD_KEY_MS;
  const replace = async (cardKeys: DatedCardKeys[]): Promise<void> => {
    if (cardKeys.length === 0) {
      await rm(file, { force: true });
      await syncFolder(folder);
    } else {
      const fileKey = randomBytes(KEY_BYTES);
      const wrappedKey = await wrapping.wrap(fileKey);
      await writeDurably(file, writeCardKeysFile({ owner, cardKeys }, { fileKey, wrappedKey }), { mode: 0o600 });
    }
    for (const { privateKey, publicKey } of held)
      if (!cardKeys.some((kept) => kept.publicKey.equals(publicKey))) privateKey.fill(0);
    held = cardKeys;
  };
  const destroyOld = (): Promise<void> =>
    inTurn(async () => {
      if (!held.every(isAlive)) await replace(held.filter(isAlive));
    });

  await destroyOld();
  if (found.isOutdated && held.length > 0) await replace(held);
  const timer = setInterval(() => {
    destroyOld().catch((error: unknown) =>
      log.error({ err: error }, 'Card keys that have lived their time could not be destroyed; it is tried again.'),
    );
  }, LOOK_AGAIN_MS).unref();

  return {
    held: () => held.filter(isAlive),
    make: (keep) =>
      inTurn(async () => {
        // Loaded by the first letter: a server that shares nothing has no use for it.
        const { makeCardKeys } = await import('../secrecy/hpke.js');
        const made = { ...(await makeCardKeys()), madeAt: now() };
        await replace([...held.filter((one) => isAlive(one) && keep && one.publicKey.equals(keep)), made]);
        return made;
      }),
    compared: () => compared,
    noteCompared: ({ siteId, champion }) =>
      inTurn(async () => {
        if (compared.some((one) => one.siteId === siteId && one.champion === champion)) return;
        const next = [...compared, { siteId, champion }];
        await writeComparedCards(folder, next);
        compared = next;
      }),
    close: async () => {
      clearInterval(timer);
      await last;
    },
  };
}

async function readHeld(
  file: string,
  { owner, wrapping }: Pick<CardKeyringOptions, 'owner' | 'wrapping'>,
): Promise<{ cardKeys: DatedCardKeys[]; isOutdated: boolean }> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (!bytes) return { cardKeys: [], isOutdated: false };
  try {
    const head = readSecretFileHead('card key', bytes);
    requireOwner(head.owner, owner, file);
    const { fileKey, isOutdated } = await wrapping.unwrap(head.wrappedKey);
    return { cardKeys: readCardKeysFile(bytes, fileKey), isOutdated };
  } catch (cause) {
    throw new LedgerError(
      'misconfigured',
      `The card keys in ${file} cannot be opened. ${(cause as Error).message} If that stays so, move the file away, and publish a new card ("dicom-ledger card publish"); letters for the card of before are lost then.`,
      { cause },
    );
  }
}
