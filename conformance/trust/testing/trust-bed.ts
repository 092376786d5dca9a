import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ContractRef } from '../../../src/ledger/contract/image-contract.js';
import type { Hex } from '../../../src/ledger/ethereum/hex.js';
import { openHttpProvider } from '../../../src/ledger/rpc/http-provider.js';
import type { LedgerProvider } from '../../../src/ledger/rpc/provider.js';
import { createRpc, type Rpc } from '../../../src/ledger/rpc/rpc.js';
import { SERVER_MEMORY } from '../../../src/network/open-server.js';
import { shareAmongAll } from '../../../src/network/share-among-all.js';
import { RELEASE } from '../../testing/network-under-test.js';
import { type RunningServer, startServer } from '../../testing/server.js';
import { type Acting, foundRelease1, foundReleaseTwo, newActing, newKey } from '../../testing/found-contracts.js';
import { giveKeys, openMemberRing } from './give-keys.js';
import { closeHonestParts } from './honest-parts.js';
import { createMember, type Member } from './member.js';
import { type MemberNaming, namedByNumbers, namedByPseudonyms, newMemberRing } from './member-naming.js';

/** Nodes of one chain: one, or one for each of three sites. */
export interface ChainUnderAttack {
  nodeUrls: readonly string[];
  /** Settings of every server on it. */
  settings: Record<string, string>;
  close(): Promise<unknown>;
}

/** Starts a chain on which the founders' accounts have gas; `folder` is not there yet. */
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

/** Three honest sites (1, 2, 3), and others that are admitted and have no server. In release 2 all sites can read what any of them announces. */
export interface TrustBed {
  contract: Hex;
  /** Of the consortium; in release 1 it is the contract. */
  consortium: Hex;
  rpc: Rpc;
  /** The first node. */
  nodeUrl: string;
  /** For files of a test. */
  folder: string;
  /** Keys of all who act. */
  acting: Acting;
  sites: readonly [HonestSite, HonestSite, HonestSite];
  /** Site 4. */
  mallory: Member;
  /** The same where she can announce a UID that an honest site has announced: in release 1 at an earlier contract, which all servers read too. */
  malloryAgain: Member;
  /** Site 5: honest, and with a higher number than Mallory's. */
  fifth: Member;
  /** In release 1 retires what it likes, of all sites. */
  governor: Member;
  /** In release 2 opens a ring of Mallory's of that number, whose keys nobody gets. */
  openRing(ringId: Buffer): Promise<void>;
  /** In release 2 hands over the letters that the honest sites have not taken. */
  share(): Promise<void>;
  close(): Promise<void>;
}

/** Site 1 speaks for this issuer of patient IDs: by the ISSUERS of all three in release 1, by the chain in release 2. */
export const FIRST_ISSUER = 'HOSPITAL-ONE';

/** What all three servers are set to. */
const SETTINGS = {
  SITE_ORDER: '5',
  RETIREMENTS_PER_HOUR: '3',
  PIECE_COMPRESSION: 'off',
  DEIDENTIFIED_ONLY: 'off',
};
const HONEST = 3;

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

interface Opening {
  folder: string;
  closers: (() => Promise<unknown> | void)[];
}

async function openBed(startChain: StartChain, { folder, closers }: Opening): Promise<Omit<TrustBed, 'close'>> {
  const acting = await newActing(folder, HONEST + 2);
  const earlier = newKey();
  const funded = [acting.governors[0].account, ...(RELEASE === 1 ? [earlier.account] : [])];
  const chain = await startChain({ folder: path.join(folder, 'chain'), funded });
  closers.push(() => chain.close());
  const providers = chain.nodeUrls.map((url) => openHttpProvider({ url }));
  closers.push(() => Promise.all(providers.map((provider) => provider.close())));
  const rpc = createRpc(providers[0]!);
  const parts = { folder, acting, provider: providers[0]! };
  const founded = RELEASE === 1 ? await foundFirst(parts, earlier.key) : await foundSecond(parts);
  const { contracts, settings: of } = founded;

  const openSite = async (index: number): Promise<HonestSite> => {
    const settings = {
      ...{ ...SETTINGS, ...SERVER_MEMORY.environment, ...chain.settings, ...of },
      LEDGER_URL: chain.nodeUrls[index % chain.nodeUrls.length]!,
      LEDGER_CONTRACT: contracts.map(({ address }) => address).join(','),
      SITE_KEY: acting.sites[index]!.writer.key.toString('hex'),
      ...(RELEASE === 2 && { SHARE: othersThan(index + 1).join(',') }),
    };
    const dataFolder = path.join(folder, `site-${index + 1}`);
    const start = (more: Record<string, string> = {}): Promise<RunningServer> =>
      startServer({ dataFolder, env: { ...settings, ...more }, nodeOptions: SERVER_MEMORY.options });
    let server = await start();
    closers.push(() => server.stop());
    return {
      siteId: index + 1,
      ...{ dataFolder, settings },
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
  const memberOf = (siteId: number, { contract = contracts[0]!, key = acting.sites[siteId - 1]!.writer.key } = {}) =>
    createMember({ rpc }, { siteId, contract, key, naming: founded.names(siteId) });
  const mallory = memberOf(4);
  await founded.share(sites, chain.nodeUrls[0]!);
  await founded.giveKeys(sites);
  return {
    ...{ contract: contracts[0]!.address, consortium: contracts[0]!.consortium ?? contracts[0]!.address },
    ...{ rpc, nodeUrl: chain.nodeUrls[0]!, folder, acting, sites, mallory },
    openRing: (ringId) => founded.openRing(ringId),
    share: () => founded.share(sites, chain.nodeUrls[0]!),
    malloryAgain: contracts[1] ? memberOf(4, { contract: contracts[1] }) : mallory,
    fifth: memberOf(5),
    governor: createMember({ rpc }, { siteId: 0, contract: contracts[0]!, key: acting.governors[0].key, naming: founded.names(4) }), // prettier-ignore
  };
}

const othersThan = (siteId: number): number[] => [1, 2, 3].filter((other) => other !== siteId);

interface FoundingParts {
  folder: string;
  acting: Acting;
  provider: LedgerProvider;
}

/** What a release says of the bed. */
interface Founded {
  /** The newest first. */
  contracts: readonly ContractRef[];
  /** Of every server. */
  settings: Record<string, string>;
  names(siteId: number): MemberNaming;
  openRing: TrustBed['openRing'];
  /** Lets the honest sites read what each of them announces. */
  share(sites: readonly HonestSite[], rpcUrl: string): Promise<void>;
  /** Lets them read what the others announce. */
  giveKeys(sites: readonly HonestSite[]): Promise<void>;
}

async function foundFirst({ folder, acting, provider }: FoundingParts, earlier: Buffer): Promise<Founded> {
  const [before, contract] = [
    await foundRelease1(provider, { governor: earlier, sites: acting.sites }),
    await foundRelease1(provider, { governor: acting.governors[0].key, sites: acting.sites }),
  ];
  const consortiumKey = randomBytes(32);
  const CONSORTIUM_KEY_FILE = path.join(folder, 'consortium.key');
  writeFileSync(CONSORTIUM_KEY_FILE, consortiumKey.toString('hex'), { mode: 0o600 });
  const naming = namedByPseudonyms(consortiumKey);
  return {
    contracts: [contract, before],
    settings: { CONSORTIUM_KEY_FILE, ISSUERS: `1:${FIRST_ISSUER}` },
    names: () => naming,
    openRing: () => Promise.reject(new Error('Release 1 has no rings.')),
    share: () => Promise.resolve(),
    giveKeys: () => Promise.resolve(),
  };
}

async function foundSecond({ folder, acting, provider }: FoundingParts): Promise<Founded> {
  const contract = await foundReleaseTwo(provider, acting, { firstIssuer: FIRST_ISSUER });
  const { address, consortium } = contract as ContractRef & { consortium: Hex };
  const KEY_PASSPHRASE_FILE = path.join(folder, 'passphrase');
  writeFileSync(KEY_PASSPHRASE_FILE, 'correct horse battery staple', { mode: 0o600 });
  const rpc = createRpc(provider);
  const at = { rpc, consortium, chainId: BigInt(await rpc.chainId()) };
  const members = [4, 5].map((siteId) => {
    const { writer, champion } = acting.sites[siteId - 1]!;
    const ring = newMemberRing();
    const naming = namedByNumbers(ring, { chainId: at.chainId, contract: address, siteId });
    return { siteId, writer: writer.key, champion: champion.key, ring, naming };
  });
  for (const member of members) await openMemberRing(at, member);
  return {
    contracts: [contract],
    settings: { KEY_PASSPHRASE_FILE },
    openRing: (ringId) => openMemberRing(at, { ...members[0]!, ring: { ...newMemberRing(), ringId } }),
    names: (siteId) => members.find((member) => member.siteId === siteId)!.naming,
    share: async (sites, rpcUrl) => {
      const sharing = sites.map(({ siteId, url, dataFolder }, i) => {
        return { siteId, url, dataFolder, champion: acting.sites[i]!.champion, sharesWith: othersThan(siteId) };
      });
      await shareAmongAll(sharing, { rpcUrl, contract: address });
    },
    giveKeys: async (sites) => void (await Promise.all(members.map((member) => giveKeys(at, member, sites)))),
  };
}
