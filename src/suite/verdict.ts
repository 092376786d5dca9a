import type { Row } from './row.js';

/** What came of a row. A choice (MAY) is noted, whatever the server does. */
export type Outcome = 'passed' | 'failed' | 'noted' | 'not offered';

export interface Verdict {
  group: string;
  row: Row;
  outcome: Outcome;
  /** What came instead, or more of what came; '' for nothing to say. */
  says: string;
  /** How to see it, for what is not as the row says. */
  curl: string | undefined;
}
