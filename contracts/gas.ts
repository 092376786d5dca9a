import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('./gas.json', import.meta.url);
const MOST_GROWTH = 1.02;

/**
 * Compares measured gas with `gas.json`; returns a sentence for each figure that has grown by over 2 % or is not there.
 * Under `WRITE_GAS` (`scripts/measure-gas.mjs`) it puts the figures into the file instead.
 */
export function compareGas(measured: Record<string, number>): string[] {
  const known = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, number>) : {};
  if (process.env['WRITE_GAS'] !== undefined) {
    const all = Object.entries({ ...known, ...measured }).sort(([one], [other]) => (one < other ? -1 : 1));
    writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
    return [];
  }
  return Object.entries(measured)
    .filter(([name, gas]) => !(gas <= (known[name] ?? 0) * MOST_GROWTH))
    .map(([name, gas]) => `${name}: ${gas} gas, gas.json has ${known[name] ?? 'none'}.`);
}
