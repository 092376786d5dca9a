import { attribute } from '../dicom/data-set/dictionary.js';
import { LedgerError } from '../base/errors.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import type { Archive } from './archive.js';
import { createChainWait } from './store/chain-wait.js';
import { acceptanceState } from './store/acceptance-state.js';
import { createFind } from './retrieve/find.js';
import { createRetrieve, type RetrieveDependencies } from './retrieve/retrieve.js';
import { openStore, type Store, type StoreDependencies, type StoreOptions } from './store/store.js';
import { verifyInstance } from './retrieve/verify-instance.js';

/** The time of some blocks; a client that waits longer has gone away. */
const RETIRE_WAIT_MS = 120_000;
const RETIRE_SENTENCE =
  'The retirement is not seen on the chain yet; ask for the instance later: it is 410 once it is.';

/** The archive of one site, with what only the process that opened it calls. */
export type OpenArchive = Archive & Pick<Store, 'recover' | 'close'>;

export function openArchive(
  dependencies: StoreDependencies & RetrieveDependencies,
  options: StoreOptions,
): OpenArchive {
  const { ledger, catalog, projection, progress, acceptances } = dependencies;
  const { isInFlight, ...store } = openStore(dependencies, options);
  const chainWait = createChainWait(dependencies, options.chainWait);
  return {
    seenBy: () => {
      throw new LedgerError('not-implemented', 'What somebody may see cannot be narrowed yet.');
    },
    attribute,
    ...store,
    ...createFind(dependencies),
    ...createRetrieve(dependencies),
    issueAcceptance: async (outcomes) => {
      const accepted = outcomes.filter((outcome) => outcome.kind === 'stored');
      if (options.acknowledge !== 'accepted' || accepted.length === 0) return undefined;
      return acceptances.issue(accepted);
    },
    acceptance: (id) =>
      acceptanceState({ acceptances, catalog, progress, finalDepth: ledger.depths.final, isInFlight }, id),
    verify: (SOPInstanceUID) => verifyInstance({ ledger, catalog }, SOPInstanceUID),
    retire: async (SOPInstanceUID, reason) => {
      const instance = await catalog.instance(SOPInstanceUID);
      if (!instance) throw new LedgerError('not-found', `There is no instance ${SOPInstanceUID}.`);
      if (instance.state === 'retired')
        throw new LedgerError('gone', `The instance ${SOPInstanceUID} is retired already.`);
      if (instance.state === 'announced') {
        throw new LedgerError(
          'unavailable',
          `The instance ${SOPInstanceUID} is still being stored; retire it when it is sealed.`,
          { retryable: true },
        );
      }
      const isRetired = (): true | undefined => projection.image(instance.imageKey)?.state === 'retired' || undefined;
      const retired = ledger.retire(instance.imageKey as Hex, reason).then(() => progress.until(isRetired));
      await chainWait.within(retired, { maxWaitMs: RETIRE_WAIT_MS, sentence: RETIRE_SENTENCE });
    },
  };
}
