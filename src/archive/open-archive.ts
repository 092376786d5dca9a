import { attribute } from '../dicom/dictionary.js';
import { LedgerError } from '../errors.js';
import type { Archive } from './archive.js';
import { retrieve, type RetrieveDependencies } from './retrieve.js';
import { openStore, type Store, type StoreDependencies, type StoreOptions } from './store.js';
import { verifyInstance } from './verify.js';

/** The archive of one site, and what only its owner calls. */
export type OpenArchive = Archive & Pick<Store, 'recover' | 'close'>;

export function openArchive(
  dependencies: StoreDependencies & RetrieveDependencies,
  options: StoreOptions,
): OpenArchive {
  const { ledger, catalog, progress } = dependencies;
  const store = openStore(dependencies, options);
  return {
    catalog,
    attribute,
    ...store,
    ...retrieve(dependencies),
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
      await ledger.retire(instance.imageKey as `0x${string}`, reason);
      await progress.until(() => catalog.instance(SOPInstanceUID)?.state === 'retired' || undefined);
    },
  };
}
