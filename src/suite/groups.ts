import type { Group } from './row.js';
import { storeForms } from './rows/store-forms.js';
import { storeRefusals } from './rows/store-refusals.js';
import { storeRows } from './rows/store-rows.js';

/** All of the suite, in the order in which it is checked: what is stored first is asked for later. */
export const GROUPS: readonly Group[] = [storeRows, storeForms, storeRefusals];
