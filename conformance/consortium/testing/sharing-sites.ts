import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createConsortiumAccount } from '../../../src/ledger/consortium/consortium-account.js';
import { createConsortiumReader } from '../../../src/ledger/consortium/consortium-reader.js';
import { encodeCall } from '../../../src/ledger/consortium/decode-call.js';
import { deployRelease2 } from '../../../src/ledger/consortium/deploy-release2.js';
import { transact } from '../../../src/ledger/contract/transact.js';
import { openEmbeddedChain } from '../../../src/ledger/embedded/embedded-chain.js';
import type { Hex } from '../../../src/ledger/ethereum/hex.js';
import { createKeystore, readKeystore } from '../../../src/ledger/keys/keystore.js';
import { accountOf } from '../../../src/ledger/keys/sign.js';
import { createRpc } from '../../../src/ledger/rpc/rpc.js';
import { serveChain } from '../../testing/chain-over-http.js';
import { type CommandResult, runCommand } from '../../testing/command-line.js';
import { tokenFileOf } from '../../testing/let-in.js';
import { type RunningServer, startServer } from '../../testing/server.js';

/** A site with a server of its own, on release 2. */
export interface SharingSite {
  siteId: number;
  /** Of the server that runs now. */
  readonly url: string;
  readonly server: RunningServer;
  dataFolder: string;
  /** Its champion calls the consortium. */
  call(name: string, ...values: unknown[]): Promise<void>;
  /** A command beside its server: `card show 2`. */
  run(...args: string[]): Promise<CommandResult>;
  /** `card publish` by its champion. */
  publishCard(...args: string[]): Promise<CommandResult>;
  /** Starts the server on its data, after it was stopped or killed. */
  start(settings?: Record<string, string>): Promise<void>;
}

export interface SharingSites {
  consortium: Hex;
  images: Hex;
  nodeUrl: string;
  sites: readonly SharingSite[];
  /** For files of the test. */
  folder: string;
  close(): Promise<void>;
}

/** Opens a consortium of release 2 whose changes wait, as on a network, on a chain of this process, with so many sites. */
export async function openSharingSites(count: number): Promise<SharingSites> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-sharing-'));
  const closers: (() => Promise<unknown> | void)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return { ...(await openWith(count, { folder, closers })), folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Opening {
  folder: string;
  closers: (() => Promise<unknown> | void)[];
}

/** Whoever acts for a site: its server by the first, a person by the second. */
interface Acting {
  writer: Buffer;
  champion: Buffer;
  keyOptions: string[];
}

async function openWith(count: number, opening: Opening): Promise<Omit<SharingSites, 'folder' | 'close'>> {
  const { folder, closers } = opening;
  const governors = [randomBytes(32), randomBytes(32), randomBytes(32)];
  const acting = await Promise.all(Array.from({ length: count }, (_, i) => newActing(folder, i + 1)));
  const funded = [...governors, ...acting.flatMap(({ writer, champion }) => [writer, champion])].map(accountOf);
  const chain = await openEmbeddedChain({ folder: path.join(folder, 'chain'), periodMs: 0, genesisAccounts: funded });
  closers.push(() => chain.close());
  const node = await serveChain(chain);
  closers.push(() => node.close());
  const rpc = createRpc(chain);
  const contracts = await deployRelease2(chain, {
    ...{ key: governors[0]!, governors: governors.map(accountOf), waitSeconds: 259_200, siteName: 'Site 1' },
    ...{ writers: [accountOf(acting[0]!.writer)], champions: [accountOf(acting[0]!.champion)] },
  });
  const { consortium } = contracts;
  const as = (key: Buffer) => createConsortiumAccount({ rpc }, { consortium, key });
  for (const [i, { writer, champion }] of acting.entries()) {
    if (i === 0) continue;
    const call = encodeCall('admitSite', `Site ${i + 1}`, [accountOf(champion)]);
    const { id } = await as(governors[0]!).propose(call);
    await as(governors[1]!).approve(id, call.hash);
    await as(governors[0]!).execute(id);
    await as(champion).join(i + 1);
    await as(champion).nameAccount(accountOf(writer), 'writer');
    await as(writer).join(i + 1);
  }
  writeFileSync(path.join(folder, 'consortium.key'), randomBytes(32).toString('hex'), { mode: 0o600 });
  writeFileSync(path.join(folder, 'passphrase'), 'correct horse battery staple', { mode: 0o600 });

  const openOne = async ({ writer, champion, keyOptions }: Acting, index: number): Promise<SharingSite> => {
    const dataFolder = path.join(folder, `site-${index + 1}`);
    const chainSettings = { LEDGER_URL: node.url, LEDGER_CONTRACT: contracts.images };
    const settings = {
      ...chainSettings,
      ...{ SITE_KEY: writer.toString('hex'), CONSORTIUM_KEY_FILE: path.join(folder, 'consortium.key') },
      ...{ KEY_PASSPHRASE_FILE: path.join(folder, 'passphrase'), PATIENT_ID_ISSUER: `SITE-${index + 1}` },
      // This chain makes a block when there is something in it, and undoes none.
      ...{ SEALED_DEPTH: '1', FINAL_DEPTH: '1' },
    };
    const start = (more: Record<string, string> = {}): Promise<RunningServer> =>
      startServer({ dataFolder, env: { ...settings, ...more } });
    let server = await start();
    closers.push(() => server.stop());
    const reader = createConsortiumReader(rpc, consortium);
    return {
      siteId: index + 1,
      dataFolder,
      get url() {
        return server.url;
      },
      get server() {
        return server;
      },
      call: async (name, ...values) => {
        const data = reader.encode(name, ...values);
        await reader.simulate(name, data, accountOf(champion));
        await transact({ rpc }, { key: champion, to: consortium, data, gasLimit: 1_000_000n });
      },
      run: (...args) => runCommand([...args, '--url', server.url]),
      publishCard: (...args) =>
        runCommand(
          ['card', 'publish', ...keyOptions, '--server', server.url, '--token-file', tokenFileOf(server.url)!, ...args],
          chainSettings,
        ),
      start: async (more) => {
        server = await start(more);
      },
    };
  };
  const sites = await Promise.all(acting.map(openOne));
  return { ...contracts, nodeUrl: node.url, sites };
}

async function newActing(folder: string, siteId: number): Promise<Acting> {
  const files = {
    file: path.join(folder, `champion-${siteId}.json`),
    passwordFile: path.join(folder, `champion-${siteId}.txt`),
  };
  await createKeystore({ ...files, scryptN: 2 ** 12 });
  const keyOptions = ['--keystore', files.file, '--password-file', files.passwordFile];
  return { writer: randomBytes(32), champion: await readKeystore(files), keyOptions };
}
