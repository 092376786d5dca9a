import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLog } from '../base/log.js';
import { backUpKeys, readBackup } from './backup.js';
import { backupKeyOfText } from './backup-key-of-text.js';
import { CARD_KEY_MS, type CardKeyring } from './card-keyring.js';
import { createKeyWrapping } from './key-wrapping.js';
import { cardKeysFile, type CardKeyringOptions, openCardKeyring } from './open-card-keyring.js';
import { inTheClear, type KeysBed, keysBed, OWNER } from './testing/keys-bed.js';

const DAY_MS = 86_400_000;

let bed: KeysBed;
let now = Date.UTC(2026, 10, 28);
const open: CardKeyring[] = [];

beforeEach(() => {
  bed = keysBed();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  bed.remove();
});

async function openCards(options: Partial<CardKeyringOptions> = {}): Promise<CardKeyring> {
  const cards = await openCardKeyring({
    ...{ folder: bed.keys, owner: OWNER, wrapping: inTheClear(), log: silentLog, now: () => now },
    ...options,
  });
  open.push(cards);
  return cards;
}

const publicKeys = (cards: CardKeyring): Buffer[] => cards.held().map(({ publicKey }) => publicKey);
const fileOf = (): Buffer => readFileSync(cardKeysFile(bed.keys));

describe('openCardKeyring', () => {
  it('keeps what it makes, for this user alone, and has it again after a restart', async () => {
    const cards = await openCards();
    expect(cards.held()).toEqual([]);
    const made = await cards.make(undefined);
    expect([made.publicKey.length, made.privateKey.length, made.madeAt]).toEqual([1_216, 32, now]);
    expect(statSync(cardKeysFile(bed.keys)).mode & 0o777).toBe(0o600);
    expect(fileOf().includes(made.privateKey)).toBe(false);
    expect((await openCards()).held()).toEqual([made]);
  });

  it('keeps the one that is said beside a new one, and no other: two at most', async () => {
    const cards = await openCards();
    const first = await cards.make(undefined);
    const second = await cards.make(first.publicKey);
    expect(publicKeys(cards)).toEqual([first.publicKey, second.publicKey]);
    const third = await cards.make(first.publicKey);
    expect(publicKeys(cards)).toEqual([first.publicKey, third.publicKey]);
    const fourth = await cards.make(third.publicKey);
    expect(publicKeys(await openCards())).toEqual([third.publicKey, fourth.publicKey]);
    expect(second.privateKey.equals(Buffer.alloc(32))).toBe(true);
  });

  it('gives none that is 30 days old, and destroys it at a start', async () => {
    const cards = await openCards();
    const first = await cards.make(undefined);
    now += 10 * DAY_MS;
    const second = await cards.make(first.publicKey);
    now = first.madeAt + CARD_KEY_MS - 1;
    expect(publicKeys(cards)).toHaveLength(2);
    now += 1;
    expect(publicKeys(cards)).toEqual([second.publicKey]);
    const before = fileOf();
    expect(publicKeys(await openCards())).toEqual([second.publicKey]);
    expect(fileOf().length).toBe(before.length - 8 - 32 - 1_216);
    now = second.madeAt + CARD_KEY_MS;
    expect(publicKeys(await openCards())).toEqual([]);
    expect(existsSync(cardKeysFile(bed.keys))).toBe(false);
  });

  it('writes each file under another key', async () => {
    const cards = await openCards();
    const made = await cards.make(undefined);
    const wrapped = fileOf().subarray(39, 71);
    await cards.make(made.publicKey);
    expect(fileOf().subarray(39, 71).equals(wrapped)).toBe(false);
  });

  it('wraps the key of the file as that of the rings is, and again when the way has changed', async () => {
    const passphraseFile = bed.write('passphrase', 'correct horse battery staple\n');
    const made = await (await openCards()).make(undefined);
    const wrapping = createKeyWrapping({ passphraseFile, allowsClear: false });
    expect((await openCards({ wrapping })).held()).toEqual([made]);
    await expect(openCards()).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringMatching(/KEY_PASSPHRASE_FILE.*card publish/) as unknown,
    });
    expect((await openCards({ wrapping })).held()).toEqual([made]);
  });

  it('is open after a kill at any moment of a write: what is unfinished is taken away', async () => {
    const made = await (await openCards()).make(undefined);
    for (const name of ['card-keys.new', 'compared.json.new']) writeFileSync(path.join(bed.keys, name), randomBytes(9));
    expect((await openCards()).held()).toEqual([made]);
    expect(readdirSync(bed.keys).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it.each([
    ['is another site’s', () => openCards({ owner: { ...OWNER, siteId: 8 } }), /those of site 7, not 8/],
    [
      'was changed',
      async () => {
        const bytes = fileOf();
        bytes[bytes.length - 1]! ^= 1;
        writeFileSync(cardKeysFile(bed.keys), bytes);
        return openCards();
      },
      /is not what was encrypted/,
    ],
  ])('refuses a file that %s, and leaves it', async (_, attempt, sentence) => {
    await (await openCards()).make(undefined);
    await expect(attempt()).rejects.toMatchObject({ code: 'misconfigured', message: expect.stringMatching(sentence) as unknown }); // prettier-ignore
    expect(existsSync(cardKeysFile(bed.keys))).toBe(true);
  });

  it('is in no backup of the keys', async () => {
    const keyring = await bed.open();
    await keyring.newRing(new Date(now));
    const { privateKey } = await (await openCards()).make(undefined);
    const file = path.join(bed.folder, 'backup');
    const key = await backUpKeys(
      { folder: bed.keys, wrapping: inTheClear() },
      { file, form: 'words', now: new Date(now) },
    );
    await keyring.close();
    const { rings } = await readBackup(file, await backupKeyOfText((key as { words: string }).words));
    expect(rings).toHaveLength(1);
    expect(JSON.stringify(rings.map(({ ring }) => [...ring.values()].map((node) => node.toString('hex'))))).not.toContain(privateKey.toString('hex')); // prettier-ignore
    expect(readFileSync(file).length).toBeLessThan(1_216);
  });
});

describe('What was compared', () => {
  it('is remembered, each champion once', async () => {
    const cards = await openCards();
    const [one, two] = ['11', '22'].map((byte) => ({ siteId: 2, champion: `0x${byte.repeat(20)}` })) as [never, never];
    for (const champion of [one, two, one]) await cards.noteCompared(champion);
    expect((await openCards()).compared()).toEqual([one, two]);
    expect(statSync(path.join(bed.keys, 'compared.json')).mode & 0o777).toBe(0o600);
  });

  it.each(['', '{', '{"format":2,"compared":[]}', '{"format":1,"compared":[{"siteId":2,"champion":"0x1"}]}'])(
    'is not guessed at when it cannot be read: %s',
    async (text) => {
      await openCards();
      writeFileSync(path.join(bed.keys, 'compared.json'), text);
      await expect(openCards()).rejects.toMatchObject({ code: 'misconfigured' });
    },
  );
});
