import { startGeth } from '../../src/network/testing/geth.js';
import { describeGoverningCommands } from './testing/governing-suite.js';
import { gethUnderTest } from '../../src/network/testing/build-geth.js';

const binary = gethUnderTest();

describeGoverningCommands('Governors of release 2, on a geth that seals alone', async ({ folder, funded }) => {
  const geth = await startGeth({ binary, folder, funded });
  return { url: geth.url, close: () => geth.stop() };
});
