/** As geth's, so that what passes here passes there. */
export const LIMITS = {
  /** geth core/txpool/legacypool `txMaxSize`. */
  transactionBytes: 131_072,
  /** Wei. The least that geth's miner and pool take. */
  gasPrice: 1n,
  blockGas: 800_000_000n,
  /** Of transactions in a block; geth's network ends at messages of 10 MiB, Osaka's rules (EIP-7934) at 8 MiB. */
  blockBytes: 8_000_000,
  /** Of transactions that wait for a block; more are refused until some are in one. */
  poolBytes: 64 * 2 ** 20,
  /** Of logs in one answer. */
  logsBytes: 64 * 2 ** 20,
  /** Of a call that names none; geth's --rpc.gascap is 50 million, a page of chunks is read with less. */
  callGas: 800_000_000n,
} as const;

/** What is kept of new code, and of what makes it, in memory: the chunks of a whole page, which are proven once all of them are there. */
export const KEPT_CODE_BYTES = 20 * 2 ** 20;
