import { LedgerError } from '../../base/errors.js';
import type { KeyHolder, ProjectedImage } from '../../catalog/catalog.js';
import type { Outcome } from '../outcome.js';
import type { Progress } from '../project/progress.js';
import { outcomeOfDuplicate, outcomeOfHidden, outcomeOfOther, outcomeOfRetired } from './outcome-of-duplicate.js';
import type { NamedInstance } from './naming.js';
import type { PartContent } from './read-part.js';
import type { SpooledPart } from './spool.js';
import { untilLate } from '../project/until-late.js';

/** How long a store waits for what others do, or what is done here about it: time, since there may be no more blocks. */
export interface RivalWaits {
  /** For an announcement to be read here. */
  readMs: number;
  /** For another site to seal what it has announced, and for what it has sealed to be verified here. */
  rivalMs: number;
}

/** What the chain has under one part's UID, as far as this site can tell, and what that makes of the part. */
export interface UidWatch {
  /**
   * The part's fate if its UID is sealed or retired; undefined while it is not. `unsettled` when another site has sealed it and it is
   * not read or verified here: whoever claims the digest of an object may have stored other bytes.
   */
  now(): Outcome | 'unsettled' | undefined;
  /** The same once it is settled. Rejects with a rival's error when that takes too long. */
  settled(): Promise<Outcome | undefined>;
  /** Whether it is announced by something that is kept from all answers here: nothing good is to be waited for. */
  isHidden(): boolean;
  /**
   * The part's fate when the ledger has refused it with `conflict` or `gone`, or because of a rival; undefined when it may be tried again
   * at once. Rejects with a rival's error when another site is storing the same object and does not come to an end. What nobody here
   * has read may be the same object in other bytes: a part that is promised is not given up for it.
   */
  ofRefusal(error: LedgerError, options: { isPromised: boolean }): Promise<Outcome | undefined>;
}

export interface UidWatchDependencies {
  progress: Pick<Progress, 'until'>;
  waits: RivalWaits;
  signal: AbortSignal;
}

type Found = { image: ProjectedImage } | { hidden: KeyHolder };

export function createUidWatch(
  { progress, waits, signal }: UidWatchDependencies,
  { named, part, content }: { named: NamedInstance; part: SpooledPart; content: PartContent },
): UidWatch {
  const within = <T>(ms: number, check: () => T | undefined): Promise<T | undefined> =>
    untilLate(progress, check, { ms, signal });

  /** What is known of it: undefined until it is in the catalogue and read. */
  const found = (): Found | undefined => {
    const image = named.image();
    if (image) return { image };
    const holder = named.holder();
    return holder?.hidden === undefined || holder.hidden === 'waiting' ? undefined : { hidden: holder };
  };

  const now = (): Outcome | 'unsettled' | undefined => {
    const image = named.image();
    const state = image?.state ?? named.holder()?.state;
    if (state === undefined || state === 'announced') return undefined;
    if (state === 'retired') return outcomeOfRetired(content);
    const known = found();
    if (known === undefined) return 'unsettled';
    if ('hidden' in known) return outcomeOfHidden(known.hidden, content);
    const outcome = outcomeOfDuplicate(known.image, part, content);
    return outcome.kind === 'stored' && !known.image.isVerified ? 'unsettled' : outcome;
  };

  const settled = async (): Promise<Outcome | undefined> => {
    const look = () => {
      const outcome = now();
      return outcome === 'unsettled' ? undefined : { outcome };
    };
    const isRead = () => found() !== undefined || look() !== undefined || undefined;
    const settling = (await within(waits.readMs, isRead)) && (await within(waits.rivalMs, look));
    if (settling) return settling.outcome;
    throw unsettled((named.image() ?? named.holder())?.siteId);
  };

  const ofConflict = async ({ details }: LedgerError, isPromised: boolean): Promise<Outcome | undefined> => {
    const { siteId, takeoverBlock } = rivalOf(details);
    const known = await within(waits.readMs, found);
    if (known === undefined) {
      if (isPromised) throw unsettled(siteId);
      return outcomeOfOther(siteId, content, takeoverBlock);
    }
    if ('hidden' in known) return outcomeOfHidden(known.hidden, content, takeoverBlock);
    const { image } = known;
    const outcome = outcomeOfDuplicate(image, part, content);
    if (image.state !== 'announced') return outcome.kind === 'stored' ? settled() : outcome;
    if (outcome.kind === 'refused') return outcomeOfOther(image.siteId, content, takeoverBlock);
    // The same object in other bytes: the other site's seal decides, or its withdrawal.
    const changed = await within(waits.rivalMs, () => named.image()?.state !== 'announced' || undefined);
    if (changed) return undefined;
    throw busy({ siteId: image.siteId, takeoverBlock });
  };

  return {
    now,
    settled,
    isHidden: () => {
      const known = found();
      return known !== undefined && 'hidden' in known;
    },
    ofRefusal: async (error, { isPromised }) => {
      if (error.code === 'gone') return outcomeOfRetired(content);
      if (error.code === 'conflict') return ofConflict(error, isPromised);
      const rival = rivalOf(error.details);
      const known = found();
      if (known && 'hidden' in known) return outcomeOfHidden(known.hidden, content, rival.takeoverBlock);
      throw busy(rival);
    },
  };
}

/** Whether a store waits for what another site does, and not for a node. */
export const isRival = (error: unknown): boolean => error instanceof LedgerError && error.details.isRival === true;

/** Whether the ledger has refused a store because of what is on the chain: `ofRefusal` says what that makes of the part. */
export const isRefusal = (error: unknown): error is LedgerError =>
  error instanceof LedgerError &&
  (error.code === 'conflict' || error.code === 'gone' || rivalOf(error.details).takeoverBlock !== undefined);

interface Rival {
  siteId: number | undefined;
  takeoverBlock: bigint | undefined;
}

function rivalOf({ siteId, takeoverBlock }: LedgerError['details']): Rival {
  return {
    siteId: typeof siteId === 'number' ? siteId : undefined,
    takeoverBlock: typeof takeoverBlock === 'bigint' ? takeoverBlock : undefined,
  };
}

const rivalError = (message: string): LedgerError =>
  new LedgerError('unavailable', message, { retryable: true, details: { isRival: true } });

function busy({ siteId, takeoverBlock }: Rival): LedgerError {
  const later = takeoverBlock === undefined ? '' : `; this site can take it over from block ${takeoverBlock} on`;
  return rivalError(`Site ${siteId} is storing the same object: send it again later${later}.`);
}

/** What another site has stored under the UID may be the same object; nobody here knows yet. */
export function unsettled(siteId: number | undefined): LedgerError {
  const whose = siteId === undefined ? 'Another site' : `Site ${siteId}`;
  return rivalError(
    `${whose} has stored an object under this SOP Instance UID that this site has not verified yet: send it again later.`,
  );
}
