import { LedgerError } from '../base/errors.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { readKey, withChain, type ChainOptions, type KeyOptions } from './chain-options.js';

export interface DeployOptions extends ChainOptions, KeyOptions {
  release: '1' | '2';
  governor?: Hex[];
  waitHours: number;
  trial?: true;
  siteName?: string;
  writer?: Hex[];
  champion?: Hex[];
}

/** The address that LEDGER_CONTRACT gets goes alone to standard output, for scripts. */
export async function deploy(options: DeployOptions): Promise<void> {
  await (options.release === '1' ? deployRelease1(options) : deployBoth(options));
}

async function deployRelease1(options: DeployOptions): Promise<void> {
  if (options.trial || options.siteName || options.writer || options.champion)
    throw new LedgerError('bad-request', 'Release 1 has no trials, and its sites are admitted afterwards: leave out --trial, --site-name, --writer and --champion.'); // prettier-ignore
  const { deployConsortium } = await import('../ledger/contract/deploy.js');
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

async function deployBoth(options: DeployOptions): Promise<void> {
  const { governor = [], waitHours, trial, siteName = '', writer: writers = [], champion: champions = [] } = options;
  const [{ deployRelease2 }, { accountOf }] = await Promise.all([
    import('../ledger/consortium/deploy-release2.js'),
    import('../ledger/keys/sign.js'),
  ]);
  const key = await readKey(options);
  const governors = [...new Set([accountOf(key), ...governor])];
  const waitSeconds = trial ? 0 : waitHours * 3_600;
  await withChain(options, async ({ provider }) => {
    const founding = { governors, waitSeconds, siteName, writers, champions };
    const { consortium, images } = await deployRelease2(provider, { key, ...founding });
    console.log(images);
    console.error(
      `The consortium is at ${consortium}, its images at ${images}: every site sets LEDGER_CONTRACT to the latter. ` +
        (trial ? 'It is for trials: nothing waits, and a server on a network refuses it. ' : '') +
        `Next, let a governor propose each site: dicom-ledger site admit <name> --champion <address> --contract ${images} …`,
    );
  });
}
