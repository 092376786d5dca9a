import { existsSync } from 'node:fs';
import path from 'node:path';
import { LedgerError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { embeddedContract, isFounded } from './embedded-contract.js';
import { type EmbeddedChain, openEmbeddedChain } from './embedded/embedded-chain.js';
import { loadOrCreateKey } from './keys/keys.js';
import type { Hex } from './ethereum/hex.js';
import type { Depths, Ledger } from './ledger.js';
import { openLedger } from './open-ledger.js';
import { openNodes } from './nodes/open-nodes.js';
import { accountOf } from './keys/sign.js';
import type { SiteKeySource } from './keys/site-key.js';

export interface SiteLedgerOptions {
  /** Keys, outbox, and the embedded chain. */
  dataFolder: string;
  /** JSON-RPC URLs; undefined opens the embedded chain. */
  urls: string[] | undefined;
  /** Newest first; undefined on the embedded chain: the one that its first start deployed. */
  contracts: Hex[] | undefined;
  /** With `urls`; the embedded chain's first start makes its own keys. */
  siteKey: SiteKeySource;
  /** What the sites of a contract of release 1 are called now. */
  formerSites: ReadonlyMap<number, number>;
  /** The site that this account joins, with `urls`. */
  joinSite?: number | undefined;
  /** In blocks, 1 = in the head block; undefined: 2 and 3 with `urls`. On the embedded chain both are 1. */
  depths: { sealed: number | undefined; final: number | undefined };
  /** What the transaction pool of one node holds, with `urls`. */
  poolBytes: number;
  pieceBytes: number;
  embeddedPeriodMs: number;
  log: Log;
}

/** No block of the embedded chain is ever undone. */
const EMBEDDED_DEPTHS: Depths = { sealed: 1, final: 1, kept: 1 };
/** Clique: no signer seals twice running, so at depth 2 a second node holds the block; at 3 a reorganisation needs half the signers. */
const NETWORK_DEPTHS = { sealed: 2, final: 3 };
/** A cut between signers that heals may undo more; disk is cheap. Not where finality is immediate: there no later block may come. */
const KEPT_BLOCKS = 20;
/** Signed and not in a block: bounds memory and the outbox. */
const WINDOW_BYTES = 16 * 1024 * 1024;

/** Opens this site's ledger: a chain of other nodes, or the embedded one, which it makes with keys and contract at first start. */
export async function openSiteLedger(options: SiteLedgerOptions): Promise<Ledger> {
  const { dataFolder, urls, pieceBytes, log } = options;
  const common = {
    pieceBytes,
    windowBytes: WINDOW_BYTES,
    outboxFolder: path.join(dataFolder, 'outbox'),
    log,
    formerSites: options.formerSites,
  };
  if (urls) return openNetworkLedger({ ...options, urls }, common);

  const siteKey = await loadOrCreateKey(path.join(dataFolder, 'site.key'));
  const governorKey = await loadOrCreateKey(path.join(dataFolder, 'governor.key'));
  const chainFolder = path.join(dataFolder, 'chain');
  const championFile = path.join(dataFolder, 'champion.key');
  // A chain that began before release 2 has no gas for one.
  const hasChampion = existsSync(championFile) || !existsSync(chainFolder);
  const championKey = hasChampion ? await loadOrCreateKey(championFile) : undefined;
  const champions = championKey === undefined ? [] : [accountOf(championKey)];
  const genesisAccounts = [accountOf(governorKey), accountOf(siteKey), ...champions];
  const openChain = (periodMs: number): Promise<EmbeddedChain> =>
    openEmbeddedChain({ folder: chainFolder, periodMs, genesisAccounts, log });
  const founding = { dataFolder, governorKey, writer: accountOf(siteKey), champions };
  // Whoever asked for slow blocks does not wait for those of the contracts.
  if (!isFounded(dataFolder) && options.embeddedPeriodMs > 0) {
    const chain = await openChain(0);
    await embeddedContract(chain, founding).finally(() => chain.close());
  }
  const chain = await openChain(options.embeddedPeriodMs);
  try {
    const contracts = options.contracts ?? [await embeddedContract(chain, founding)];
    const ledger = await openLedger({
      ...common,
      privateKey: siteKey,
      nodes: openNodes({ providers: [{ name: 'embedded', provider: chain }], log }),
      contracts,
      depths: EMBEDDED_DEPTHS,
      stallMs: 10_000 + 3 * options.embeddedPeriodMs,
    });
    return closingWith(ledger, () => chain.close());
  } catch (error) {
    await chain.close();
    throw error;
  }
}

type Common = Omit<Parameters<typeof openLedger>[0], 'nodes' | 'contracts' | 'depths' | 'privateKey'>;

async function openNetworkLedger(
  { urls, contracts, siteKey, joinSite, depths, poolBytes }: SiteLedgerOptions & { urls: string[] },
  common: Common,
): Promise<Ledger> {
  const { log } = common;
  if (!contracts)
    throw new LedgerError(
      'misconfigured',
      'LEDGER_URL is set but LEDGER_CONTRACT is not: name the contract to write to.',
    );
  // Not loaded where the chain is the embedded one.
  const [{ readSiteKey }, { connectNodes }] = await Promise.all([
    import('./keys/site-key.js'),
    import('./nodes/connect-nodes.js'),
  ]);
  const networkDepths = depthsOf(depths);
  const privateKey = await readSiteKey({ log }, siteKey);
  const nodes = await connectNodes({ urls, log });
  try {
    const ledger = await openLedger({
      ...common,
      privateKey,
      nodes,
      contracts,
      depths: networkDepths,
      poolBytes,
      joinSite,
      requiresWaits: true,
    });
    return closingWith(ledger, () => nodes.close());
  } catch (error) {
    await nodes.close();
    throw error;
  }
}

function depthsOf({ sealed = NETWORK_DEPTHS.sealed, final }: SiteLedgerOptions['depths']): Depths {
  const depths = { sealed, final: final ?? NETWORK_DEPTHS.final };
  if (depths.sealed <= depths.final)
    return { ...depths, kept: depths.final === 1 ? 1 : Math.max(depths.final, KEPT_BLOCKS) };
  throw new LedgerError(
    'misconfigured',
    `SEALED_DEPTH ${depths.sealed} is over FINAL_DEPTH ${depths.final}: what is final has to be sealed, too.`,
  );
}

function closingWith(ledger: Ledger, end: () => Promise<void> | void): Ledger {
  const close = ledger.close.bind(ledger);
  ledger.close = async () => {
    await close();
    await end();
  };
  return ledger;
}
