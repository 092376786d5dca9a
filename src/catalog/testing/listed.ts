import type { Catalog } from '../catalog.js';
import { uidOf } from './records.js';

/** Those of the names whose instances are in answers, one after the other: `ac`. */
export async function listed(catalog: Catalog, names: readonly string[]): Promise<string> {
  const seen = catalog.seenBy('everything');
  const found = await Promise.all(names.map((name) => seen.instance(uidOf(name))));
  return names.filter((_, index) => found[index] !== undefined).join('');
}
