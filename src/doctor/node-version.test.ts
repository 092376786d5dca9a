import { expect, it } from '@jest/globals';
import { nodeVersion } from './node-version.js';
import { foundBy } from './testing/found-by.js';

it.each([
  ['v24.1.0', '2026-11-28', /^ok: Node v24.1.0 gets security fixes until 2028-04-30\.$/],
  ['v20.19.0', '2026-04-30', /^ok/],
  ['v20.19.0', '2026-05-01', /^warning: Node v20.19.0 has had no security fixes since 2026-04-30\./],
  ['v23.1.0', '2026-01-01', /^warning: .*odd number/],
  ['v20.18.9', '2026-01-01', /^fault: Node v20.18.9 is none of 20.19 to 24\. -> Install Node 24\.$/],
  ['v25.0.0', '2026-01-01', /^fault/],
])('nodeVersion says of %s on %s what is to be done', async (version, today, expected) => {
  const [found, ...more] = await foundBy(nodeVersion({ version, today: new Date(today) }));
  expect([found, more]).toEqual([expect.stringMatching(expected), []]);
});
