import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const RELEASE_1 = new URL('./gas.json', import.meta.url);
/** Of the contracts of release 2. */
export const RELEASE_2 = new URL('./gas-release-2.json', import.meta.url);
const MOST_GROWTH = 1.02;

/**
 * Compares measured gas with `gas.json`, or another file; returns a sentence for each figure that has grown by over 2 % or is not
 * there. Under `WRITE_GAS` (`scripts/measure-gas.mjs`) it puts the figures into the file instead.
 */
export function compareGas(measured: Record<string, number>, file = RELEASE_1): string[] {
  const known = knownGas(file);
  if (process.env['WRITE_GAS'] !== undefined) {
    const all = Object.entries({ ...known, ...measured }).sort(([one], [other]) => (one < other ? -1 : 1));
    writeFileSync(file, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
    return [];
  }
  return Object.entries(measured)
    .filter(([name, gas]) => !(gas <= (known[name] ?? 0) * MOST_GROWTH))
    .map(([name, gas]) => `${name}: ${gas} gas, the file has ${known[name] ?? 'none'}.`);
}

/** The figures of a file, by name. */
export function knownGas(file = RELEASE_1): Record<string, number> {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>) : {};
}
