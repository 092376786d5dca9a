import type { Server } from './ask/server.js';
import type { MadeData } from './made/made-data.js';
import type { MadeInstance } from './made/made-instance.js';

/** How much the standard asks: `shall` is MUST, `should` is SHOULD, and a choice that it leaves to the server is MAY. */
export type Level = 'MUST' | 'SHOULD' | 'MAY';

/** What a check works with. */
export interface Checked {
  server: Server;
  data: MadeData;
  /** Makes an instance of a study and a patient of its own. */
  another: () => MadeInstance;
  /** The URL of the URI service, once the row that looks for it has found it. */
  uriService?: string;
}

/** One thing that the standard says of a server. */
export interface Row {
  /** Stays the same in each version of the suite: `frames-in-order`. */
  name: string;
  level: Level;
  /** Where it stands: `PS3.18 §10.4.4`. */
  section: string;
  /** What a server does that has it right, in the present tense. */
  sentence: string;
  /**
   * Asks the server and returns when it has it right, with more to say of it or nothing. Throws `Unmet` when it has it wrong or does
   * not offer it at all.
   */
  check(checked: Checked): Promise<string | void>;
}

/** Rows that belong together, checked in their order. */
export interface Group {
  title: string;
  rows: readonly Row[];
  /** Of a service that the standard makes optional: throws `Unmet` of kind `not-offered` when this server has none. */
  offered?(checked: Checked): Promise<void>;
}
