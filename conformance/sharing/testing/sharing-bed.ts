import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer } from 'node:tls';
import { certificatePin } from '../../../src/base/certificate-pin.js';
import { createConsortiumAccount } from '../../../src/ledger/consortium/consortium-account.js';
import type { Hex } from '../../../src/ledger/ethereum/hex.js';
import { openSitesBed, type SitesBed } from '../../../src/ledger/testing/sites-bed.js';
import { serveChain } from '../../testing/chain-over-http.js';
import { type RunningServer, startServer } from '../../testing/server.js';

/** What a server says of who can read what (`GET /ledger/sharing`). */
export interface SaidOfSharing {
  share?: { audience: number[]; awaited: number[]; notAdmitted: number[] };
  own: SaidOfRing[];
  others: SaidOfRing[];
}

interface SaidOfRing {
  siteId: number;
  ringId: Hex;
  isWrittenTo: boolean;
  held: string;
  readers: {
    siteId: number;
    StudyInstanceUID?: string;
    mayAdd: boolean;
    allowedBy?: string;
    acknowledgedAt?: string;
  }[];
}

/** A site with its server, and a proxy before it that speaks TLS with a certificate that nobody has signed. */
export interface SharingSite {
  siteId: number;
  readonly server: RunningServer;
  readonly url: string;
  folder: string;
  /** Starts the server again, with these settings besides its own. */
  start(settings?: Record<string, string>): Promise<void>;
  /** Whether the proxy takes connections; it does, unless told. */
  isReachable: boolean;
  /** Publishes a card by the champion: with the URL of the proxy, or without one. */
  publish(options?: { byFile?: boolean }): Promise<void>;
  /** An admin here compares the cards of these sites. */
  compare(...sites: number[]): Promise<void>;
  sharing(query?: string): Promise<SaidOfSharing>;
  warnings(): Promise<string[]>;
}

export interface SharingBed extends SitesBed {
  servers: readonly SharingSite[];
}

/** Opens so many sites on one chain, each with its server. */
export async function openSharingBed(count: number): Promise<SharingBed> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-sharing-'));
  const bed = await openSitesBed(count, { waitSeconds: 259_200 });
  const chain = await serveChain(bed.provider);
  const closers: (() => unknown)[] = [() => bed.close(), () => chain.close()];
  const [key, certificate] = [path.join(folder, 'key.pem'), path.join(folder, 'certificate.pem')];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=other', '-keyout', key, '-out', certificate], // prettier-ignore
    { stdio: 'ignore' },
  );
  const pem = readFileSync(certificate);
  const passphrase = path.join(folder, 'passphrase');
  writeFileSync(passphrase, 'correct horse battery staple\n', { mode: 0o600 });
  const consortiumKey = path.join(folder, 'consortium.key');
  writeFileSync(consortiumKey, '5a'.repeat(32), { mode: 0o600 });

  const openSite = async (index: number): Promise<SharingSite> => {
    const { siteId, writer, champion } = bed.sites[index]!;
    const dataFolder = path.join(folder, `site-${siteId}`);
    const start = (settings: Record<string, string> = {}): Promise<RunningServer> =>
      startServer({
        dataFolder,
        env: {
          ...{ LEDGER_URL: chain.url, LEDGER_CONTRACT: bed.images, SITE_KEY: writer.key.toString('hex') },
          ...{
            CONSORTIUM_KEY_FILE: consortiumKey,
            KEY_PASSPHRASE_FILE: passphrase,
            PATIENT_ID_ISSUER: `site ${siteId}`,
          },
          ...{ SEALED_DEPTH: '1', FINAL_DEPTH: '1', READERS: '0', ...settings },
        },
      });
    let server = await start();
    closers.push(() => server.stop());
    const open = new Set<Socket>();
    const proxy = createServer({ key: readFileSync(key), cert: pem }, (socket) => {
      if (!site.isReachable) return socket.destroy();
      const { hostname, port } = new URL(server.url);
      const onward = connect(Number(port), hostname);
      for (const one of [socket, onward]) {
        open.add(one);
        one.on('error', () => undefined).on('close', () => open.delete(one));
      }
      socket.pipe(onward).pipe(socket);
    });
    proxy.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    closers.push(() => {
      proxy.close();
      for (const one of open) one.destroy();
    });
    const asked = async (target: string, init?: RequestInit): Promise<Response> => {
      const response = await fetch(`${server.url}${target}`, init);
      if (!response.ok) throw new Error(`${target}: ${response.status} ${await response.text()}`);
      return response;
    };
    const site: SharingSite = {
      ...{ siteId, folder: dataFolder, isReachable: true },
      get server() {
        return server;
      },
      get url() {
        return server.url;
      },
      start: async (settings) => {
        server = await start(settings);
      },
      publish: async ({ byFile = false } = {}) => {
        const { cardKey, readerVersion, servers } = (await (await asked('/ledger/card', { method: 'POST' })).json()) as { cardKey: Hex; readerVersion: number; servers: Hex[] }; // prettier-ignore
        const { port } = proxy.address() as AddressInfo;
        const address = byFile
          ? { url: '' }
          : {
              url: `https://127.0.0.1:${port}/ledger/letters`,
              certificatePin: certificatePin(new X509Certificate(pem)),
            };
        const account = createConsortiumAccount({ rpc: bed.rpc }, { consortium: bed.consortium, key: champion.key });
        await account.publishCard({ ...address, cardKey, readerVersion, servers });
      },
      compare: async (...sites) => {
        const cards = (await (await asked('/ledger/cards')).json()) as { siteId: number; fingerprint: string }[];
        for (const { siteId: other, fingerprint } of cards)
          if (sites.includes(other))
            await asked(`/ledger/cards/${other}/comparison?${new URLSearchParams({ fingerprint }).toString()}`, { method: 'POST' }); // prettier-ignore
      },
      sharing: async (query = '') => (await (await asked(`/ledger/sharing${query}`)).json()) as SaidOfSharing,
      warnings: async () => ((await (await asked('/readyz')).json()) as { warnings?: string[] }).warnings ?? [],
    };
    return site;
  };
  const servers: SharingSite[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (let index = 0; index < count; index++) servers.push(await openSite(index));
  } catch (error) {
    await close();
    throw error;
  }
  return { ...bed, servers, close };
}
