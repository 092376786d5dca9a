import type { Check } from './finding.js';

/** The last day of security fixes of each release line that the server runs on (github.com/nodejs/Release, of May 2025). */
const ENDS: Record<number, string> = { 20: '2026-04-30', 22: '2027-04-30', 24: '2028-04-30' };

/** Whether this Node is one that the server runs on, and still gets security fixes. */
export function nodeVersion({ version, today }: { version: string; today: Date }): Check {
  return {
    name: 'Node',
    look: ({ ok, warning, fault }) => {
      const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
      if (major < 20 || major > 24 || (major === 20 && minor < 19))
        return fault(`Node ${version} is none of 20.19 to 24.`, 'Install Node 24.');
      const end = ENDS[major];
      if (end === undefined)
        return warning(`Node ${version} has an odd number: it gets fixes for half a year only.`, 'Install Node 24.');
      if (today.toISOString().slice(0, 10) > end)
        return warning(`Node ${version} has had no security fixes since ${end}.`, 'Install Node 24.');
      ok(`Node ${version} gets security fixes until ${end}.`);
    },
  };
}
