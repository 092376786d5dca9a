import { LedgerError } from '../../base/errors.js';
import { untilAborted } from '../../base/until-aborted.js';
import type { Log } from '../../base/log.js';
import type { Keyring, OwnRing } from '../../keyring/keyring.js';
import { toHex } from '../../ledger/ethereum/hex.js';
import type { Ledger } from '../../ledger/ledger.js';
import { type Audience, audienceOf } from './audience-of.js';

export interface ChooseRingDependencies {
  keyring: Pick<Keyring, 'isDue' | 'newRing' | 'setAside' | 'writeTo' | 'writing'>;
  ledger: Pick<Ledger, 'siteId' | 'openRing' | 'share' | 'sharedWith' | 'acknowledgedBy' | 'isAdmitted'>;
  /** Resolves when no announcement under another ring is on its way from before: else one image had two names. */
  beforeSwitch: () => Promise<void>;
  /** Tells at once what may be written to from now on; undefined: nothing, for the moment. */
  onWriting: (ring: OwnRing | undefined) => void;
  log: Log;
  /** A chain may make no block for long. */
  signal: AbortSignal;
}

/** What was found and done by one look. */
export interface RingChoice extends Audience {
  /** The ring that is to be written to: that which is, or one that somebody of its audience has not acknowledged yet. */
  ring: OwnRing;
  /** Who has not. */
  awaited: number[];
}

/**
 * Brings the ring that is written to one step nearer to where it should be: of this year, for the admitted sites of `share`, acknowledged by
 * all of them. Until then what is written to is never wider: it goes on with the present ring if no other site may have that, else with one
 * for this site alone. Whatever stops it, the same again goes on.
 */
export async function chooseRing(
  { keyring, ledger, beforeSwitch, onWriting, log, signal }: ChooseRingDependencies,
  { share, now }: { share: readonly number[]; now: Date },
): Promise<RingChoice> {
  const asked = <T>(answer: Promise<T>): Promise<T> => untilAborted(answer, signal);
  const wanted = await asked(audienceOf(share, ledger));
  const { audience } = wanted;
  /** Whether nobody else can have it: not those that it was made for, nor those that the chain says to get all of it. */
  const isWithin = async (ring: OwnRing, sites: readonly number[]): Promise<boolean> => {
    const mayHave = [...ring.audience, ...(await asked(ledger.sharedWith(toHex(ring.ringId))))];
    return mayHave.every((site) => sites.includes(site));
  };
  const made = async (sites: readonly number[]): Promise<OwnRing> => {
    for (;;) {
      const ring = await keyring.newRing(now, sites);
      if (await isWithin(ring, sites)) return ring;
      await keyring.setAside(ring.ringId);
    }
  };
  const open = async ({ ringId, commitment }: OwnRing): Promise<void> => {
    try {
      await asked(ledger.openRing(toHex(ringId), toHex(commitment)));
    } catch (error) {
      // A thief of this server's account was quicker with the same number: then it is nobody's, and the next look makes another.
      if (error instanceof LedgerError && error.code === 'conflict') await keyring.setAside(ringId);
      throw error;
    }
  };
  const switchTo = async (ring: OwnRing): Promise<void> => {
    await asked(beforeSwitch());
    await keyring.writeTo(ring.ringId);
    onWriting(ring);
    log.info({ ringId: toHex(ring.ringId), audience: ring.audience }, 'From now on this ring is written to.');
  };

  const present = keyring.writing;
  const mayGoOn = present !== undefined && (await isWithin(present, audience));
  onWriting(mayGoOn ? present : undefined);
  if (mayGoOn && !keyring.isDue(now, audience)) return { ...wanted, ring: present, awaited: [] };

  const ring = await made(audience);
  const ringId = toHex(ring.ringId);
  const have = audience.length === 0 ? [] : await asked(ledger.acknowledgedBy(ringId));
  const awaited = audience.filter((site) => !have.includes(site));
  if (awaited.length > 0 && !mayGoOn) {
    const alone = await made([]);
    await open(alone);
    await switchTo(alone);
  }
  await open(ring);
  for (const siteId of awaited) await asked(ledger.share({ ringId, siteId, studyKey: 0n, mayAdd: false }));
  if (awaited.length === 0) await switchTo(ring);
  return { ...wanted, ring, awaited };
}
