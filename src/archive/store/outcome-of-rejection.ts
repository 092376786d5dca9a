import pLimit from 'p-limit';
import { LedgerError } from '../../base/errors.js';
import type { CatalogReader } from '../../catalog/catalog.js';
import type { NamedInstance, RejectionNote } from '../../dicom/data-set/rejection-note.js';
import { FAILURE_REASON } from '../../standard/failure-reasons.js';
import type { Outcome } from '../outcome.js';

/** Retires one instance; throws as `Archive.retire`. */
type Retire = (SOPInstanceUID: string, reason: string) => Promise<void>;

/** A retirement waits for its block: so many at a time. */
const AT_A_TIME = 64;

/**
 * What becomes of a rejection note that is stored: what it names, and its sender sees, is retired (IHE RAD TF-2 §4.66.4.1.3), unless the
 * sender may not retire. What was not retired is a warning of the note's outcome. A note that comes again does the rest.
 */
export async function outcomeOfRejection(
  { seen, retire }: { seen: Pick<CatalogReader, 'instance'>; retire: Retire },
  outcome: Outcome,
  { note, mayRetire }: { note: RejectionNote; mayRetire: boolean },
): Promise<Outcome> {
  if (outcome.kind !== 'stored') return outcome;
  const warned = (message: string): Outcome => ({
    ...outcome,
    warning: { reason: FAILURE_REASON.dataSetWarning, message },
  });
  if (!mayRetire)
    return warned('Nothing is retired by this rejection note, since its sender may not do so; it is kept as it is.');
  const limit = pLimit(AT_A_TIME);
  const fates = await Promise.all(
    note.instances.map((named) =>
      limit(() =>
        rejectOne({ seen, retire }, named, note.reason).catch((error: unknown) =>
          error instanceof LedgerError ? error.message : 'A fault of the server.',
        ),
      ),
    ),
  );
  const faults = fates.filter((fate) => fate !== undefined);
  if (faults.length === 0) return outcome;
  return warned(
    `${faults.length} of the ${fates.length} instances of this rejection note are not retired: ${faults[0]}`,
  );
}

/** Undefined once it is retired; else a sentence. */
async function rejectOne(
  { seen, retire }: { seen: Pick<CatalogReader, 'instance'>; retire: Retire },
  { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID }: NamedInstance,
  reason: string,
): Promise<string | undefined> {
  const instance = await seen.instance(SOPInstanceUID);
  if (instance?.StudyInstanceUID !== StudyInstanceUID || instance.SeriesInstanceUID !== SeriesInstanceUID)
    return 'there is no such instance in that study and series.';
  if (instance.state !== 'retired') await retire(SOPInstanceUID, reason);
  return undefined;
}
