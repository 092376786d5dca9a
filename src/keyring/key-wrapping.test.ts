import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { createKeyWrapping } from './key-wrapping.js';
import { runKeyCommand } from './run-key-command.js';
import { type KeysBed, keysBed } from './testing/keys-bed.js';

const KEY = randomBytes(32);
const PASSPHRASE = 'correct horse battery staple';

let bed: KeysBed;
beforeEach(() => {
  bed = keysBed();
});
afterEach(() => bed.remove());

const script = (text: string, mode = 0o700): string => bed.write('command', `#!/bin/sh\n${text}\n`, mode);
const byCommand = (text: string) => createKeyWrapping({ command: script(text), allowsClear: false });
const byPassphrase = (text: string) =>
  createKeyWrapping({ passphraseFile: bed.write('passphrase', text), allowsClear: false });
/** Another form of the same bytes, which is no protection. */
const BASE64 = 'case "$1" in wrap) exec base64 ;; unwrap) exec base64 -d ;; esac';

describe('createKeyWrapping', () => {
  it('keeps a key in the clear where that is allowed, and nowhere else', async () => {
    const wrapping = createKeyWrapping({ allowsClear: true });
    expect(wrapping.kind).toBe('none');
    expect(await wrapping.unwrap(await wrapping.wrap(KEY))).toEqual({ fileKey: KEY, isOutdated: false });
    expect(() => createKeyWrapping({ allowsClear: false })).toThrow('set KEY_COMMAND');
  });

  it('wraps under a passphrase, never twice alike, and only that one opens it', async () => {
    const wrapping = byPassphrase(`${PASSPHRASE}\n`);
    const [one, two] = [await wrapping.wrap(KEY), await wrapping.wrap(KEY)];
    expect(one).not.toEqual(two);
    expect(one.includes(KEY)).toBe(false);
    for (const wrapped of [one, two]) expect((await wrapping.unwrap(wrapped)).fileKey).toEqual(KEY);
    const other = byPassphrase(`${PASSPHRASE}r\n`).unwrap(one);
    await expect(other).rejects.toMatchObject({ code: 'misconfigured' });
    await expect(other).rejects.not.toThrow(PASSPHRASE);
  });

  it('opens what an earlier line has wrapped, and says that it is outdated', async () => {
    const wrapped = await byPassphrase(PASSPHRASE).wrap(KEY);
    const next = byPassphrase(`another good passphrase\r\n\r\n${PASSPHRASE}\r\n`);
    expect(await next.unwrap(wrapped)).toEqual({ fileKey: KEY, isOutdated: true });
    expect(await next.unwrap(await next.wrap(KEY))).toEqual({ fileKey: KEY, isOutdated: false });
  });

  it('takes a passphrase by its characters, however they are composed', async () => {
    const wrapped = await byPassphrase('Schlüsselbrettchen').wrap(KEY);
    expect((await byPassphrase('Schlüsselbrettchen'.normalize('NFD')).unwrap(wrapped)).fileKey).toEqual(KEY);
  });

  it('refuses a passphrase of 11 characters, and a file that others may read', async () => {
    await expect(byPassphrase('a'.repeat(11)).wrap(KEY)).rejects.toThrow('has 11 characters');
    await byPassphrase('a'.repeat(12)).wrap(KEY);
    const passphraseFile = bed.write('open', PASSPHRASE, 0o640);
    await expect(createKeyWrapping({ passphraseFile, allowsClear: false }).wrap(KEY)).rejects.toThrow('chmod');
    const missing = createKeyWrapping({ passphraseFile: `${bed.folder}/none`, allowsClear: false });
    await expect(missing.wrap(KEY)).rejects.toThrow('ENOENT');
  });

  it('wraps by a command, to which the key goes by its standard input', async () => {
    const wrapping = byCommand(BASE64);
    expect(wrapping.kind).toBe('command');
    const wrapped = await wrapping.wrap(KEY);
    expect(wrapped.includes(KEY)).toBe(false);
    expect(await wrapping.unwrap(wrapped)).toEqual({ fileKey: KEY, isOutdated: false });
  });

  it('goes from one way to the next as long as the one before is there', async () => {
    const clear = await createKeyWrapping({ allowsClear: true }).wrap(KEY);
    const passphraseFile = bed.write('passphrase', PASSPHRASE);
    const command = script(BASE64);
    const byPassphrase = createKeyWrapping({ passphraseFile, allowsClear: false });
    const byBoth = createKeyWrapping({ command, passphraseFile, allowsClear: false });
    expect(await byPassphrase.unwrap(clear)).toEqual({ fileKey: KEY, isOutdated: true });
    const wrapped = await byPassphrase.wrap(KEY);
    expect(byBoth.kind).toBe('command');
    expect(await byBoth.unwrap(wrapped)).toEqual({ fileKey: KEY, isOutdated: true });
    const alone = createKeyWrapping({ command, allowsClear: false });
    await expect(alone.unwrap(wrapped)).rejects.toThrow('was wrapped by KEY_PASSPHRASE_FILE, which is unset');
    await expect(byPassphrase.unwrap(await alone.wrap(KEY))).rejects.toThrow('was wrapped by KEY_COMMAND');
  });

  it('refuses wrapped bytes of no kind, or of another length', async () => {
    const wrapping = byPassphrase(PASSPHRASE);
    const wrapped = await wrapping.wrap(KEY);
    for (const bad of [Buffer.alloc(0), Buffer.of(0), Buffer.of(4, 1, 2), wrapped.subarray(0, -1), Buffer.of(1, 2, 3)])
      await expect(wrapping.unwrap(bad)).rejects.toMatchObject({ code: 'corrupt' });
    wrapped[wrapped.length - 1]! ^= 1;
    await expect(wrapping.unwrap(wrapped)).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('A KEY_COMMAND', () => {
  it.each([
    ['fails', 'echo "first" >&2; echo "No token in slot 0" >&2; exit 3', 'exit code 3, and says: No token in slot 0'],
    ['is ended', 'kill -9 $$', 'SIGKILL'],
    ['gives nothing', 'cat > /dev/null', 'has given nothing'],
    ['gives the key as it is', 'cat', 'has given the key back as it was'],
    ['gives the key among other bytes', 'echo wrapped; cat', 'has given the key back as it was'],
    [
      'does not open what it wraps',
      'cat > /dev/null; echo 12345678901234567890123456789012 | head -c 32',
      'has not unwrapped',
    ],
    ['opens to another length', 'echo x', 'has unwrapped 2 bytes'],
    ['gives without end', 'exec yes', 'more than 16000 bytes'],
    ['reads nothing', 'exec 0<&-; exit 4', 'exit code 4'],
  ])('that %s is refused with a sentence', async (_, text, said) => {
    const wrapping = byCommand(text).wrap(KEY);
    await expect(wrapping).rejects.toMatchObject({ code: 'misconfigured' });
    await expect(wrapping).rejects.toThrow(said);
  });

  it('that others may change is refused, and so is one that is not there or no program', async () => {
    const wrap = (command: string) => createKeyWrapping({ command, allowsClear: false }).wrap(KEY);
    await expect(wrap(script('cat', 0o722))).rejects.toThrow('chmod go-w');
    await expect(wrap(script('cat', 0o600))).rejects.toThrow('EACCES');
    await expect(wrap(`${bed.folder}/none`)).rejects.toThrow('ENOENT');
  });

  it('that takes too long is ended', async () => {
    const running = runKeyCommand(script('exec sleep 1000'), 'wrap', KEY, { timeoutMs: 100 });
    await expect(running).rejects.toThrow('has not ended within 0.1 s');
  });

  it.each(['hex', 'base64', 'base64url'] as const)('that says the key in %s is not quoted', async (encoding) => {
    const wrapping = byCommand(`echo "cannot wrap ${KEY.toString(encoding)} today" >&2; exit 1`).wrap(KEY);
    await expect(wrapping).rejects.toThrow('says: cannot wrap … today');
  });
});
