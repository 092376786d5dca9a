import { GOVERNOR_RATIONS, RATION_SECONDS } from '../ledger/contract/ration.js';

/** A chain's first block and rules, as geth 1.13 reads them. */
export interface GenesisParameters {
  chainId: number;
  /** Block period in seconds. */
  periodSeconds: number;
  /** Accounts that seal, as `0x` and 40 hex digits. */
  signers: readonly string[];
  /** Accounts of governors: they start with a hundred rations, of which they give one to each account that they admit. */
  funded: readonly string[];
  /** How much gas a block holds; about 218 for each byte of an image. */
  gasLimit?: number;
}

/** 3.7 MB of chunks a block: far below the 10 MiB at which geth's peers disconnect. Slow lines want less. */
export const BLOCK_GAS_LIMIT = 800_000_000;

/**
 * Clique proof of authority (EIP-225) under Berlin rules: without London no base fee grows while blocks are full.
 */
export function cliqueGenesis(parameters: GenesisParameters): object {
  const { chainId, periodSeconds, signers, funded, gasLimit = BLOCK_GAS_LIMIT } = parameters;
  const bare = signers.map((signer) => signer.slice(2).toLowerCase()).sort();
  // A gas costs 1 wei, the least price of our nodes.
  const blocksOfRation = BigInt(Math.floor(RATION_SECONDS / Math.max(1, periodSeconds)));
  const balance = `0x${(GOVERNOR_RATIONS * blocksOfRation * BigInt(gasLimit)).toString(16)}`;
  return {
    config: {
      chainId,
      homesteadBlock: 0,
      eip150Block: 0,
      eip155Block: 0,
      eip158Block: 0,
      byzantiumBlock: 0,
      constantinopleBlock: 0,
      petersburgBlock: 0,
      istanbulBlock: 0,
      berlinBlock: 0,
      clique: { period: periodSeconds, epoch: 30_000 },
    },
    difficulty: '1',
    gasLimit: `0x${gasLimit.toString(16)}`,
    extradata: `0x${'00'.repeat(32)}${bare.join('')}${'00'.repeat(65)}`,
    alloc: Object.fromEntries(funded.map((account) => [account.toLowerCase(), { balance }])),
  };
}
