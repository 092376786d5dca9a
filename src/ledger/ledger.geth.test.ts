import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { startGeth } from '../network/geth.js';
import { createHttpProvider } from './http-provider.js';
import { describeLedger } from './ledger-suite.js';

const binary = execFileSync(process.execPath, ['scripts/build-geth.mjs'], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
}).trim();

describeLedger('Ledger on a geth that seals alone, one block a second', async (folder, funded) => {
  const geth = await startGeth({ binary, folder, signerKey: randomBytes(32), funded });
  const provider = createHttpProvider({ url: geth.url });
  return {
    provider,
    close: async () => {
      await provider.close();
      await geth.stop();
    },
  };
});
