import type { CheckedSites } from './check.js';
import type { Fitted } from './fitted.js';
import type { MeasuredSites } from './measured-sites.js';
import type { Predicted } from './predict.js';

/** What was measured, and where: `consortium.json` before the model has its say. */
export interface MeasuredRun {
  command: string;
  commit: string;
  machine: string;
  measured: MeasuredSites[];
}

/** `consortium.json`. */
export interface ConsortiumRun extends MeasuredRun {
  fitted: Fitted;
  checked: CheckedSites[];
  predicted: Predicted;
}
