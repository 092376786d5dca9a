import type { Ledger, StoreTicket } from '../ledger/ledger.js';
import type { Log } from '../base/log.js';
import { bringToChain, type BringDependencies } from './store/store-job.js';
import type { PartContent } from './store/read-part.js';
import { type Outcome, outcomeOfError } from './outcome.js';
import { outcomeOfDuplicate, storedOutcome } from './store/duplicate.js';
import type { Acceptances } from './store/acceptances.js';
import type { SpooledPart } from './store/spool.js';
import type { ByteBudget, BudgetShare } from './store/byte-budget.js';

export interface CarryDependencies extends BringDependencies {
  receipts: Acceptances;
  window: ByteBudget;
}

export interface CarryOptions {
  part: SpooledPart;
  content: PartContent;
  acknowledge: 'accepted' | 'sealed' | 'final';
  patientIdIssuer: string;
  /** Whether instances that gain by it are packed. */
  packs: boolean;
  /** A client may have been told that it is stored. */
  isOwed: boolean;
  /** Its share of the window; without one it queues for it. */
  held: BudgetShare | undefined;
  signal: AbortSignal;
}

/** The way of one part; neither promise rejects. `answered` is for the request, `finished` when its spool file is given up. */
export interface Story {
  answered: Promise<Outcome>;
  finished: Promise<Outcome>;
}

/** Takes a part that can be stored to the chain and gives its spool file up when that is out of reach of any reorganisation. */
export function carry(dependencies: CarryDependencies, options: CarryOptions): Story {
  const { ledger, receipts, log } = dependencies;
  const { part, content, signal } = options;
  const { SOPClassUID, SOPInstanceUID } = content.identity;
  const entry = { SOPInstanceUID, sha256: part.sha256 };
  let { isOwed } = options;
  let sent: StoreTicket | undefined;
  let answer!: (outcome: Outcome) => void;
  const answered = new Promise<Outcome>((resolve) => (answer = resolve));
  const onStored = (outcome: Outcome): void => {
    isOwed = true;
    answer(outcome);
  };

  const run = async (): Promise<Outcome> => {
    if (options.acknowledge === 'accepted' && !isOwed) {
      const present = presentOutcome(dependencies, options);
      if (present?.kind === 'refused') return present;
      await receipts.forget(entry);
      onStored(present ?? storedOutcome(content, { sha256: part.sha256, alreadyThere: false }));
    }
    const share = options.held ?? (await dependencies.window.enter());
    return bringToChain(dependencies, {
      ...options,
      depth: depthOf(options.acknowledge, ledger),
      onStart: () => share.grow(part.bytes.byteCount),
      onPause: () => share.leave(),
      onStored,
      isOwed: () => isOwed,
      onSent: (ticket) => {
        sent = ticket;
        for (const promise of [ticket.accepted, ticket.mined]) promise.catch(() => undefined);
      },
    }).finally(() => share.leave());
  };

  const finish = async (outcome: Outcome): Promise<void> => {
    if (signal.aborted) {
      // The ledger reads the file until it has settled; at the end of the server that is when it is closed itself.
      const mined = sent?.mined ?? Promise.resolve();
      void mined.catch(() => undefined).then(() => giveUp({ log }, part, 'close'));
    } else if (outcome.kind === 'refused' && isOwed) {
      const { reason, message } = outcome;
      log.error({ SOPInstanceUID, reason }, 'An accepted instance is refused; its bytes stay in the spool folder.');
      await receipts.refuse(entry, { reason, message });
      await giveUp({ log }, part, 'setAside');
    } else await giveUp({ log }, part, 'discard');
  };

  const finished = run()
    .catch((error: unknown) => outcomeOfError(error, { SOPClassUID, SOPInstanceUID }))
    .then(async (outcome) => {
      await finish(outcome).catch(async (error: unknown) => {
        log.error({ err: error }, 'The end of a store could not be written down; the next start does it again.');
        await giveUp({ log }, part, 'close');
      });
      answer(outcome);
      return outcome;
    });
  return { answered, finished };
}

/** Gives a spool file up, or keeps it for the next start (`close`). Never rejects. */
export async function giveUp(
  { log }: { log: Log },
  part: SpooledPart,
  how: 'close' | 'discard' | 'setAside',
): Promise<void> {
  try {
    await part[how]();
  } catch (error) {
    log.error({ err: error }, 'A spool file could not be given up.');
  }
}

function presentOutcome({ catalog, keys }: CarryDependencies, { part, content }: CarryOptions): Outcome | undefined {
  const there = catalog.image(keys.imageKey(content.identity.SOPInstanceUID));
  return there && there.state !== 'announced' ? outcomeOfDuplicate(there, part, content) : undefined;
}

function depthOf(acknowledge: CarryOptions['acknowledge'], { depths }: Pick<Ledger, 'depths'>): number {
  return acknowledge === 'final' ? depths.final : depths.sealed;
}
