import { startGeth } from '../../src/network/testing/geth.js';
import { describeConsortiumCommands } from './testing/consortium-suite.js';
import { gethUnderTest } from '../../src/network/testing/build-geth.js';

const binary = gethUnderTest();

describeConsortiumCommands('Commands of a consortium, on a geth that seals alone', async ({ folder, funded }) => {
  const geth = await startGeth({ binary, folder, funded });
  return { url: geth.url, close: () => geth.stop() };
});
