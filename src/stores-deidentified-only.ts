import type { Config } from './config.js';
import type { Ledger } from './ledger/ledger.js';

/** Unless it is said: where all members can read what is written, for ever. */
export function storesDeidentifiedOnly(
  { DEIDENTIFIED_ONLY, LEDGER_URL }: Pick<Config, 'DEIDENTIFIED_ONLY' | 'LEDGER_URL'>,
  { release }: Pick<Ledger, 'release'>,
): boolean {
  return DEIDENTIFIED_ONLY === undefined ? LEDGER_URL !== undefined && release === 1 : DEIDENTIFIED_ONLY === 'on';
}
