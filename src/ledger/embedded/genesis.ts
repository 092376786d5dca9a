import { Account, createAddressFromString } from '@ethereumjs/util';
import { LedgerError } from '../../base/errors.js';
import { sealHeader } from './block-header.js';
import { deriveRoot } from './derive-root.js';
import type { State } from './state.js';
import type { Genesis, Store } from './store.js';

/** Wei of each account at genesis: gas for ever at 1 wei, and far from any overflow. */
const RICH_BALANCE = 2n ** 200n;

/** Begins the chain in a new folder, or sees that the one there is the one that is asked for. Throws `misconfigured`. */
export async function ensureGenesis(store: Store, state: State, wanted: Genesis): Promise<void> {
  if (store.genesis === undefined) return begin(store, state, wanted);
  const { format, chainId, accounts } = store.genesis;
  if (format !== wanted.format)
    throw new LedgerError('misconfigured', `The embedded chain has format ${String(format)}, this version reads 1.`);
  if (chainId !== wanted.chainId)
    throw new LedgerError(
      'misconfigured',
      `The embedded chain has chain ID ${chainId}, not ${wanted.chainId}; ask for ${chainId} or begin in a new folder.`,
    );
  const missing = wanted.accounts.filter((account) => !accounts.includes(account));
  if (missing.length > 0)
    throw new LedgerError(
      'misconfigured',
      `The embedded chain was begun with the accounts ${accounts.join(', ')}, without ${missing.join(', ')}; ` +
        'put the old key files back or begin in a new folder.',
    );
}

async function begin(store: Store, state: State, genesis: Genesis): Promise<void> {
  for (const account of genesis.accounts)
    await state.putAccount(createAddressFromString(account), new Account(0n, RICH_BALANCE));
  const { root, nodes, accounts } = await state.commitBlock();
  const header = sealHeader(state.common, {
    number: 0,
    stateRoot: root,
    transactionsTrie: deriveRoot([]),
    receiptTrie: deriveRoot([]),
  });
  await store.begin(genesis, {
    number: 0,
    hash: Buffer.from(header.hash()),
    header: header.serialize(),
    transactions: [],
    transactionHashes: [],
    receipts: [],
    logsBloom: undefined,
    nodes,
    codes: [],
    accounts,
  });
}
