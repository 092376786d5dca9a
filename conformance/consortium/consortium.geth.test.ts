import { execFileSync } from 'node:child_process';
import { startGeth } from '../../src/network/testing/geth.js';
import { describeConsortiumCommands } from './testing/consortium-suite.js';

const binary = execFileSync(process.execPath, ['scripts/build-geth.mjs'], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
}).trim();

describeConsortiumCommands('Commands of a consortium, on a geth that seals alone', async ({ folder, funded }) => {
  const geth = await startGeth({ binary, folder, funded });
  return { url: geth.url, close: () => geth.stop() };
});
