import { randomBytes, randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { LedgerError } from '../base/errors.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { writeDurably } from '../base/write-durably.js';
import { cliqueGenesis } from './genesis.js';
import type { JoinFile } from './join-file.js';
import type { KeptAccount, NetworkOptions } from './network.js';
import {
  keystoreAccount,
  makeIdentity,
  nodeFiles,
  readNodeFolder,
  writeNodeFolder,
  type NodeSettings,
} from './node-folder.js';
import { freePorts } from './ports.js';

/** What lies in a network's folder before anything runs. */
export interface NetworkFolder {
  chainId: number;
  release: 1 | 2;
  /** Two in release 1, three in release 2. */
  governors: KeptAccount[];
  /** Of release 1. */
  consortiumKeyFile: string | undefined;
  /** For nodes that join later. */
  join: JoinFile;
  sites: (KeptAccount & {
    name: string;
    folder: string;
    nodeFolder: string;
    serverPort: number;
    /** Both of release 2. */
    champion: KeptAccount | undefined;
    keyPassphraseFile: string | undefined;
  })[];
}

/** Passwords lie beside these keys: a costly derivation would protect nothing. */
const SCRYPT_N = 2 ** 12;
const HOST = '127.0.0.1';
const LOCAL_NET = '127.0.0.0/8';

/**
 * Makes keys, genesis and nodes of a network, those that are not there yet. Throws `misconfigured` when the folder has a network
 * of another size, period or release.
 */
export async function makeNetwork(options: NetworkOptions): Promise<NetworkFolder> {
  const { sites: count } = options;
  const folder = path.resolve(options.folder);
  const release = await releaseOf(folder, options);
  await requireFitting(folder, options);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = Array.from({ length: count }, (_, i) => `site-${i + 1}`);
  const folders = names.map((name) => path.join(folder, name));
  const nodeFolders = folders.map((one) => path.join(one, 'node'));

  const identities = await Promise.all(
    nodeFolders.map((nodeFolder) => makeIdentity(nodeFolder, { scryptN: SCRYPT_N })),
  );
  const seats = release === 1 ? ['governor-1', 'governor-2'] : ['governor-1', 'governor-2', 'governor-3'];
  const governors = await Promise.all(seats.map((name) => keep(path.join(folder, name))));
  const accounts = await Promise.all(folders.map((one) => keep(path.join(one, 'site'))));
  const consortiumKeyFile = release === 1 ? consortiumKeyIn(folder) : undefined;
  const keyPassphraseFiles = release === 1 ? [] : folders.map((one) => path.join(one, 'keys.passphrase'));
  const secrets = [...(consortiumKeyFile === undefined ? [] : [consortiumKeyFile]), ...keyPassphraseFiles];
  for (const file of secrets.filter((one) => !existsSync(one)))
    await writeDurably(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  const champions = release === 1 ? [] : await Promise.all(folders.map((one) => keep(path.join(one, 'champion'))));

  const genesis = await genesisOf(folder, options, {
    signers: identities.map(({ signer }) => signer),
    funded: governors.map(({ account }) => account),
  });
  const ports = await choosePorts(folder, nodeFolders, options);
  const enodes = identities.map(({ publicKey }, i) => `enode://${publicKey}@${HOST}:${ports[i]!.listen}`);
  for (const [i, nodeFolder] of nodeFolders.entries()) {
    await writeDurably(nodeFiles(nodeFolder).genesis, `${JSON.stringify(genesis.genesis, null, 2)}\n`, { mode: 0o600 });
    const { listen, rpc } = ports[i]!;
    await writeNodeFolder(nodeFolder, {
      chainId: genesis.chainId,
      signer: identities[i]!.signer,
      enode: enodes[i]!,
      listen: { host: HOST, port: listen },
      rpc: { host: HOST, port: rpc },
      peers: enodes.filter((_, other) => other !== i),
      netrestrict: LOCAL_NET,
      nodeKeyEdition: identities[i]!.nodeKeyEdition,
    });
  }
  return {
    chainId: genesis.chainId,
    release,
    governors,
    consortiumKeyFile,
    join: { ...genesis, enodes, netrestrict: LOCAL_NET },
    sites: names.map((name, i) => ({
      ...accounts[i]!,
      name,
      folder: folders[i]!,
      nodeFolder: nodeFolders[i]!,
      serverPort: ports[i]!.server,
      champion: champions[i],
      keyPassphraseFile: keyPassphraseFiles[i],
    })),
  };
}

async function keep(name: string): Promise<KeptAccount> {
  const files = { file: `${name}.json`, passwordFile: `${name}.password` };
  const account = await keystoreAccount(files, SCRYPT_N);
  return { account, keystoreFile: files.file, passwordFile: files.passwordFile };
}

const consortiumKeyIn = (folder: string): string => path.join(folder, 'consortium.key');

/** Of the network that is in the folder, else as it is asked for. */
async function releaseOf(folder: string, { release }: NetworkOptions): Promise<1 | 2> {
  if (!existsSync(path.join(folder, 'genesis.json'))) return release ?? 2;
  const there = existsSync(consortiumKeyIn(folder)) ? 1 : 2;
  if (release === undefined || release === there) return there;
  throw new LedgerError(
    'misconfigured',
    `The network in ${folder} has contracts of release ${there}, not ${release}: give --release ${there}, or another --data for a new network.`,
  );
}

type Genesis = Pick<JoinFile, 'genesis' | 'chainId' | 'periodSeconds'>;

async function genesisOf(
  folder: string,
  { periodSeconds = 1 }: NetworkOptions,
  accounts: { signers: Hex[]; funded: Hex[] },
): Promise<Genesis> {
  const file = path.join(folder, 'genesis.json');
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== undefined) return genesisIn(known);
  // Its own number for each network: what is signed for one is worth nothing on another.
  const chainId = randomInt(100_000, 2 ** 31);
  const text = `${JSON.stringify(cliqueGenesis({ chainId, periodSeconds, ...accounts }), null, 2)}\n`;
  await writeDurably(file, text, { mode: 0o644 });
  return genesisIn(text);
}

function genesisIn(text: string): Genesis {
  const genesis = JSON.parse(text) as { config: { chainId: number; clique: { period: number } } };
  return { genesis, chainId: genesis.config.chainId, periodSeconds: genesis.config.clique.period };
}

async function requireFitting(folder: string, { sites, periodSeconds }: NetworkOptions): Promise<void> {
  if (!Number.isInteger(sites) || sites < 1 || sites > 8)
    throw new LedgerError('misconfigured', `A network on one machine has 1 to 8 sites, not ${sites}.`);
  const text = await readFile(path.join(folder, 'genesis.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const there = (await readdir(folder)).filter((name) => /^site-\d+$/.test(name)).length;
  if (there !== sites)
    throw new LedgerError(
      'misconfigured',
      `The network in ${folder} has ${there} sites, not ${sites}: give --sites ${there}, or another --data for a new network.`,
    );
  const { periodSeconds: period } = genesisIn(text);
  if (periodSeconds !== undefined && period !== periodSeconds)
    throw new LedgerError(
      'misconfigured',
      `The network in ${folder} has a period of ${period} s, not ${periodSeconds}: give --period ${period}, or another --data.`,
    );
}

interface SitePorts {
  server: number;
  rpc: number;
  listen: number;
}

/** Those given, else those of before, else free ones. */
async function choosePorts(folder: string, nodeFolders: string[], { port }: NetworkOptions): Promise<SitePorts[]> {
  if (port !== undefined)
    return nodeFolders.map((_, i) => ({
      server: port + i,
      rpc: port + 10 + i,
      listen: port + 20 + i,
    }));
  const before = await Promise.all(nodeFolders.map((one) => readNodeFolder(one).catch(() => undefined)));
  const servers = await readServerPorts(folder);
  const free = await freePorts(3 * nodeFolders.length);
  return nodeFolders.map((_, i) => {
    const node: NodeSettings | undefined = before[i];
    const [server, rpc, listen] = free.slice(3 * i, 3 * i + 3) as [number, number, number];
    return {
      server: servers[i] ?? server,
      rpc: node?.rpc.port ?? rpc,
      listen: node?.listen.port ?? listen,
    };
  });
}

async function readServerPorts(folder: string): Promise<(number | undefined)[]> {
  const text = await readFile(path.join(folder, 'network.json'), 'utf8').catch(() => '{"sites":[]}');
  const { sites } = JSON.parse(text) as { sites: { url?: string | null }[] };
  return sites.map(({ url }) => (url ? Number(new URL(url).port) : undefined));
}
