import { LedgerError } from '../base/errors.js';
import type { ProcedureStepState, Workitem } from './workitem.js';

/** What somebody wants to do to a workitem: change its attributes, or its state. */
type Wanted = 'update' | Exclude<ProcedureStepState, 'SCHEDULED'>;

const INCONSISTENT = 'The submitted request is inconsistent with the state of the UPS Instance.';
const MISSING = 'The Transaction UID is missing.';
const INCORRECT = 'The Transaction UID is incorrect.';

/**
 * Throws `conflict`, with the sentence of PS3.18 §11.6.3.2 or §11.7.3.2 as `details.warning`, for what the state of a workitem does not
 * allow (PS3.4 Table CC.1.1-2); gives a sentence where it is in the final state already that is asked for.
 */
export function requireTransition(
  { SOPInstanceUID, state, transactionUID: known }: Workitem,
  { to, transactionUID }: { to: Wanted; transactionUID: string | undefined },
): string | undefined {
  const refuse = (warning: string): never => {
    throw new LedgerError('conflict', `The workitem ${SOPInstanceUID} is ${state}: ${warning}`, {
      details: { warning },
    });
  };
  if ((state === 'COMPLETED' || state === 'CANCELED') && to === state)
    return `The UPS is already in the requested state of ${state}.`;
  if (to !== 'update' && transactionUID === undefined) refuse(MISSING);
  if (state === 'SCHEDULED') {
    // Nobody has claimed it: whoever sees it may change it, and it is begun before it is ended.
    if (to === 'update' && transactionUID !== undefined) refuse('The target URI did not reference a claimed Workitem.');
    if (to !== 'update' && to !== 'IN PROGRESS') refuse(INCONSISTENT);
    return undefined;
  }
  if (state !== 'IN PROGRESS' || to === 'IN PROGRESS') refuse(INCONSISTENT);
  if (transactionUID === undefined) refuse(MISSING);
  if (transactionUID !== known) refuse(INCORRECT);
  return undefined;
}
