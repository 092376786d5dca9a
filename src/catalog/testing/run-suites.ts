import { describe } from '@jest/globals';
import type { OpenForSuite } from './open-for-suite.js';

/**
 * Runs suites of the port on one kind of catalogue, each in a `describe` of its own: a suite opens a catalogue before each test, and it
 * is to be before its own tests alone.
 */
export function runSuites(open: OpenForSuite, suites: Record<string, (open: OpenForSuite) => void>): void {
  for (const [name, suite] of Object.entries(suites)) describe(name, () => suite(open));
}
