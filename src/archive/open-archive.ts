import { attribute } from '../dicom/data-set/dictionary.js';
import { LedgerError } from '../base/errors.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import type { Archive } from './archive.js';
import { createChainWait } from './store/chain-wait.js';
import { acceptanceState } from './store/acceptance-state.js';
import { retrieve, type RetrieveDependencies } from './retrieve/stored-instance.js';
import { openStore, type Store, type StoreDependencies, type StoreOptions } from './store/store.js';
import { verifyInstance } from './retrieve/verify.js';

/** Some blocks; a client that waits longer has gone away. */
const RETIRE_WAIT_MS = 120_000;
const RETIRE_SENTENCE =
  'The retirement is not seen on the chain yet; ask for the instance later: it is 410 once it is.';

/** The archive of one site, and what only its owner calls. */
export type OpenArchive = Archive & Pick<Store, 'recover' | 'close'>;

export function openArchive(
  dependencies: StoreDependencies & RetrieveDependencies,
  options: StoreOptions,
): OpenArchive {
  const { ledger, catalog, progress, receipts } = dependencies;
  const { isUnderWay, ...store } = openStore(dependencies, options);
  const patience = createChainWait(dependencies, options.patience);
  return {
    catalog,
    attribute,
    ...store,
    ...retrieve(dependencies),
    issueReceipt: async (outcomes) => {
      const accepted = outcomes.filter((outcome) => outcome.kind === 'stored');
      if (options.acknowledge !== 'accepted' || accepted.length === 0) return undefined;
      return receipts.issue(accepted);
    },
    receipt: (id) => acceptanceState({ receipts, catalog, progress, finalDepth: ledger.depths.final, isUnderWay }, id),
    verify: (SOPInstanceUID) => verifyInstance({ ledger, catalog }, SOPInstanceUID),
    retire: async (SOPInstanceUID, reason) => {
      const instance = catalog.instance(SOPInstanceUID);
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
      const isRetired = (): true | undefined => catalog.instance(SOPInstanceUID)?.state === 'retired' || undefined;
      const retired = ledger.retire(instance.imageKey as Hex, reason).then(() => progress.until(isRetired));
      await patience.within(retired, { maxWaitMs: RETIRE_WAIT_MS, sentence: RETIRE_SENTENCE });
    },
  };
}
