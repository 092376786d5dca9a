import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createConsortium } from '../../../src/ledger/contract/consortium.js';
import { deployContract } from '../../../src/ledger/contract/deploy.js';
import type { Hex } from '../../../src/ledger/ethereum/hex.js';
import { accountOf } from '../../../src/ledger/keys/sign.js';
import { openHttpProvider } from '../../../src/ledger/rpc/http-provider.js';
import type { LedgerProvider } from '../../../src/ledger/rpc/provider.js';
import { createRpc, type Rpc } from '../../../src/ledger/rpc/rpc.js';
import { SERVER_MEMORY } from '../../../src/network/open-server.js';
import { type RunningServer, startServer } from '../../testing/server.js';
import { closeHonestParts } from './honest-parts.js';
import { createMember, type Member } from './member.js';

/** Nodes of one chain: one, or one for each of three sites. */
export interface ChainUnderAttack {
  nodeUrls: readonly string[];
  /** Settings of every server on it. */
  settings: Record<string, string>;
  close(): Promise<unknown>;
}

/** Starts a chain on which the governor's account has gas; `folder` is not there yet. */
export type StartChain = (parameters: { folder: string; funded: readonly Hex[] }) => Promise<ChainUnderAttack>;

/** An honest site: its server, which knows its own node alone. */
export interface HonestSite {
  siteId: number;
  /** Of the server that runs now. */
  readonly server: RunningServer;
  readonly url: string;
  dataFolder: string;
  /** All settings of the server. */
  settings: Record<string, string>;
  /** Starts the server again on its data, with other settings besides its own. */
  start(settings?: Record<string, string>): Promise<void>;
}

/** Three honest sites (1, 2, 3), and others that are admitted and have no server. */
export interface TrustBed {
  contract: Hex;
  rpc: Rpc;
  sites: readonly [HonestSite, HonestSite, HonestSite];
  /** Site 4. */
  mallory: Member;
  /** The same at an earlier contract, which all servers read too. */
  malloryBefore: Member;
  /** Site 5: honest, and with a higher number than Mallory's. */
  fifth: Member;
  /** Retires what it likes, of all sites. */
  governor: Member;
  close(): Promise<void>;
}

/** Site 1 speaks for this issuer of patient IDs, by the ISSUERS of all three. */
export const FIRST_ISSUER = 'HOSPITAL-ONE';

/** What all three servers are set to. */
const SETTINGS = {
  SITE_ORDER: '5',
  ISSUERS: `1:${FIRST_ISSUER}`,
  RETIREMENTS_PER_HOUR: '3',
  PIECE_COMPRESSION: 'off',
  DEIDENTIFIED_ONLY: 'off',
};

/** Opens a consortium of three sites with servers on a new chain, and admits the others. */
export async function openTrustBed(startChain: StartChain): Promise<TrustBed> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-trust-'));
  const closers: (() => Promise<unknown> | void)[] = [
    () => rmSync(folder, { recursive: true, force: true }),
    closeHonestParts,
  ];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return { ...(await openBed(startChain, { folder, closers })), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openBed(
  startChain: StartChain,
  { folder, closers }: { folder: string; closers: (() => Promise<unknown> | void)[] },
): Promise<Omit<TrustBed, 'close'>> {
  const [governorKey, earlierKey] = [randomBytes(32), randomBytes(32)];
  const keys = Array.from({ length: 5 }, () => randomBytes(32));
  const funded = [governorKey, earlierKey].map(accountOf);
  const chain = await startChain({ folder: path.join(folder, 'chain'), funded });
  closers.push(() => chain.close());
  const providers = chain.nodeUrls.map((url) => openHttpProvider({ url }));
  closers.push(() => Promise.all(providers.map((provider) => provider.close())));
  const rpc = createRpc(providers[0]!);
  const [before, contract] = [
    await foundContract(providers[0]!, { governorKey: earlierKey, keys }),
    await foundContract(providers[0]!, { governorKey, keys }),
  ];

  const consortiumKey = randomBytes(32);
  const CONSORTIUM_KEY_FILE = path.join(folder, 'consortium.key');
  writeFileSync(CONSORTIUM_KEY_FILE, consortiumKey.toString('hex'), { mode: 0o600 });
  const openSite = async (index: number): Promise<HonestSite> => {
    const settings = {
      ...SETTINGS,
      ...SERVER_MEMORY.environment,
      ...chain.settings,
      LEDGER_URL: chain.nodeUrls[index % chain.nodeUrls.length]!,
      LEDGER_CONTRACT: `${contract},${before}`,
      SITE_KEY: keys[index]!.toString('hex'),
      CONSORTIUM_KEY_FILE,
    };
    const dataFolder = path.join(folder, `site-${index + 1}`);
    const start = (more: Record<string, string> = {}): Promise<RunningServer> =>
      startServer({ dataFolder, env: { ...settings, ...more }, nodeOptions: SERVER_MEMORY.options });
    let server = await start();
    closers.push(() => server.stop());
    return {
      siteId: index + 1,
      dataFolder,
      settings,
      get server() {
        return server;
      },
      get url() {
        return server.url;
      },
      start: async (more) => {
        server = await start(more);
      },
    };
  };
  const sites = (await Promise.all([0, 1, 2].map(openSite))) as [HonestSite, HonestSite, HonestSite];
  const memberOf = (key: Buffer, siteId: number, at = contract): Member =>
    createMember({ rpc }, { siteId, contract: at, consortiumKey, key });
  return {
    contract,
    rpc,
    sites,
    mallory: memberOf(keys[3]!, 4),
    malloryBefore: memberOf(keys[3]!, 4, before),
    fifth: memberOf(keys[4]!, 5),
    governor: memberOf(governorKey, 0),
  };
}

/** Deploys a contract and admits a site for each key, numbered from 1. */
async function foundContract(
  provider: LedgerProvider,
  { governorKey, keys }: { governorKey: Buffer; keys: readonly Buffer[] },
): Promise<Hex> {
  const contract = await deployContract(provider, { governorKey, siteName: '', siteAccounts: [] });
  const consortium = await createConsortium({ rpc: createRpc(provider) }, { contract, governorKey });
  for (const [index, key] of keys.entries())
    await consortium.admitSite({ name: `Site ${index + 1}`, accounts: [accountOf(key)] });
  return contract;
}
