import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { openLettersBed } from '../../../src/archive/testing/letters-bed.js';
import { LedgerError } from '../../../src/base/errors.js';
import { toHex } from '../../../src/ledger/ethereum/hex.js';
import { encryptByHpke } from '../../../src/secrecy/hpke.js';
import { labelled } from '../../../src/secrecy/labels.js';
import { puncture } from '../../../src/secrecy/ring.js';
import { pathOf } from '../../../src/secrecy/tree.js';
import { writeRing } from '../../../src/secrecy/write-ring.js';
import type { Choices } from '../choices.js';
import type { Door } from '../door.js';
import { requireThat, throwsOnly } from '../find.js';
import { mutateBytes } from '../mutate-bytes.js';

/**
 * `letter`: the bytes of a letter, changed on their way. `ring`: those of a ring, which its own site has encrypted and signed; `head`: what a
 * letter is bound to, signed likewise.
 */
type Kind = 'letter' | 'ring' | 'head';
const KINDS: readonly Kind[] = ['letter', 'ring', 'head'];

const HEAD_BYTES = 84;
const REFUSALS = ['bad-request', 'forbidden', 'gone', 'conflict'] as const;

/** Letters to a site, damaged by somebody on their way or written by a member that means no good: none of them changes what is held. */
export async function openLetterDoor(): Promise<Door> {
  const bed = await openLettersBed(2);
  const [one, two] = bed.letterSites as [(typeof bed.letterSites)[0], (typeof bed.letterSites)[0]];
  for (const site of bed.letterSites) await site.publish();
  await bed.compareAll();
  const ringId = await one.newRing();
  const ring = { siteId: 1, ringId };
  await one.ledger.share({ ringId: toHex(ringId), siteId: 2, studyKey: 0n, mayAdd: false });
  const whole = await one.letters.write({ to: 2, ring });
  await two.letters.take(whole);
  const held = two.keyring.ringOf(ring)!;
  const rings = two.keyring.rings();
  const { publicKey } = two.cards.held()[0]!;
  const bound = whole.subarray(5, 5 + HEAD_BYTES);
  const written = writeRing(puncture(held, [pathOf(5n)]));

  /** A letter as docs/secrecy.md has it, signed by site 1, whatever stands on it and in it. */
  const signed = async (head: Buffer, plaintext: Buffer): Promise<Buffer> => {
    const info = labelled('letter', head);
    const { enc, ciphertext } = await encryptByHpke(publicKey, info, plaintext);
    const signature = one.ledger.sign(hash('sha256', Buffer.concat([info, enc, ciphertext]), 'buffer'));
    return Buffer.concat([whole.subarray(0, 5), head, signature, enc, ciphertext]);
  };
  const sized = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(HEAD_BYTES)]).subarray(0, HEAD_BYTES);
  const letterOf: Record<Kind, (bytes: Buffer) => Buffer | Promise<Buffer>> = {
    letter: (bytes) => bytes,
    ring: (bytes) => signed(bound, bytes),
    head: (bytes) => signed(sized(bytes), written),
  };
  const original: Record<Kind, Buffer> = { letter: whole, ring: written, head: bound };

  const take = async (bytes: Buffer): Promise<unknown> => {
    try {
      return await throwsOnly(REFUSALS, () => two.letters.take(bytes));
    } catch (error) {
      if (!(error instanceof Error) || !isSpent(error)) throw error;
      // An hour begins anew with the server.
      await two.reopen();
      return throwsOnly(REFUSALS, () => two.letters.take(bytes));
    }
  };
  const requireUnchanged = (): void => {
    requireThat(isDeepStrictEqual(two.keyring.ringOf(ring), held), 'A letter has changed a ring that was held whole.');
    requireThat(isDeepStrictEqual(two.keyring.rings(), rings), 'A letter has brought a ring that nobody shares.');
  };

  return {
    make: (random: Choices) => {
      const kind = random.pick(KINDS);
      return { label: kind, bytes: mutateBytes(random, original[kind], random.pick(Object.values(original))) };
    },
    run: async ({ label, bytes }) => {
      const kind = label as Kind;
      const taken = await take(await letterOf[kind](bytes));
      if (kind !== 'ring' && !bytes.equals(original[kind]))
        requireThat(taken === undefined || sized(bytes).equals(bound), `A letter was taken whose ${kind} was changed.`);
      requireUnchanged();
    },
    inspect: async () => {
      requireThat((await take(whole)) !== undefined, 'The right letter is not taken any more.');
      requireUnchanged();
    },
    close: () => bed.close(),
  };
}

/** The door refuses what is over the budget of an hour; the cause says so when it came as a find. */
function isSpent(error: Error): boolean {
  return [error, error.cause].some((one) => one instanceof LedgerError && one.code === 'too-many-requests');
}
