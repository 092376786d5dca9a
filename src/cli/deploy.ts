import { deployConsortium } from '../ledger/contract/deploy.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { readKey, withChain, type ChainOptions, type KeyOptions } from './chain-options.js';

/** The contract's address alone goes to standard output, for scripts. */
export async function deploy(options: ChainOptions & KeyOptions & { governor?: Hex[] }): Promise<void> {
  const governorKey = await readKey(options);
  await withChain(options, async ({ provider }) => {
    const contract = await deployConsortium(provider, { governorKey, otherGovernors: options.governor ?? [] });
    console.log(contract);
    console.error(
      `The contract is at ${contract}: every site sets LEDGER_CONTRACT to it. Next, let a governor admit each site: ` +
        `dicom-ledger site admit <name> --account <address of its key> --contract ${contract} …`,
    );
  });
}
