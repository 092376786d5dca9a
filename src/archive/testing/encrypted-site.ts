import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { silentLog } from '../../base/log.js';
import type { Catalog } from '../../catalog/catalog.js';
import type { SiteRules } from '../../catalog/sqlite/site-rules.js';
import { openTestCatalog } from '../../catalog/testing/open-test-catalog.js';
import { openHeaderReader } from '../../dicom/metadata/open-header-reader.js';
import { openPictureWorkers, type PictureWorkers } from '../../dicom/render/picture-workers.js';
import { openContentVerifier } from '../../dicom/verify/open-content-verifier.js';
import { toHex } from '../../ledger/ethereum/hex.js';
import type { Ledger } from '../../ledger/ledger.js';
import { ringCommitment } from '../../secrecy/ring-commitment.js';
import { studyNodeOf, wholeRing } from '../../secrecy/ring.js';
import { openCommitmentRequests } from '../commitment/commitment-requests.js';
import { openArchive, type OpenArchive } from '../open-archive.js';
import { createAnnouncements } from '../project/announcements.js';
import { startFollower } from '../project/follower.js';
import { createIssuers } from '../project/issuers.js';
import { createProgress } from '../project/progress.js';
import { startReader } from '../project/reader.js';
import { startVerifier } from '../project/verifier.js';
import { createMadeCache } from '../retrieve/made-cache.js';
import { verifyStored } from '../retrieve/verify-stored.js';
import { type BodySecrets, createBodySecrets, type StudyNodes } from '../secrecy/body-secrets.js';
import { openAcceptances } from '../store/acceptances.js';
import { nameByNumbers, type StudyNumbers } from '../store/name-by-numbers.js';
import type { Naming } from '../store/naming.js';
import { openSpool } from '../store/spool.js';
import { testPseudonyms } from './event-maker.js';

/** A ring of one site, with the numbers that the site gives; in memory alone. */
export interface MadeRing {
  ringId: Buffer;
  numbers: StudyNumbers;
  /** Of whoever holds it. */
  nodes: StudyNodes;
}

/** Makes a ring of the ledger's site and opens it on the chain. */
export async function openMadeRing(
  ledger: Pick<Ledger, 'siteId' | 'chainId' | 'consortium' | 'openRing'>,
): Promise<MadeRing> {
  const [ringId, root] = [randomBytes(16), randomBytes(32)];
  const { siteId, chainId, consortium } = ledger;
  const id = { chainId, consortium: Buffer.from(consortium!.slice(2), 'hex'), siteId, ringId };
  await ledger.openRing(toHex(ringId), toHex(ringCommitment(root, id)));
  const ring = wholeRing(root);
  const given = new Map<string, { studyKey: bigint; patientKey: bigint }>();
  return {
    ringId,
    numbers: {
      writingRing: async () => ({ ringId }),
      numbersOf: async ({ StudyInstanceUID, IssuerOfPatientID, PatientID }) => {
        const name = JSON.stringify([StudyInstanceUID, IssuerOfPatientID, PatientID]);
        const number = BigInt(given.size + 1);
        const found = given.get(name) ?? { studyKey: (7n << 32n) + number, patientKey: (8n << 32n) + number };
        given.set(name, found);
        return found;
      },
    },
    nodes: {
      studyNode: (of, studyKey) =>
        of.siteId === siteId && of.ringId.equals(ringId) ? studyNodeOf(ring, studyKey) : undefined,
    },
  };
}

/** A site that writes and reads encrypted bodies, with all but its HTTP side. */
export interface EncryptedSite {
  archive: OpenArchive;
  catalog: Catalog;
  naming: Naming;
  secrets: BodySecrets;
  pictures: PictureWorkers;
  /** Resolves when all that the chain has by now was read, as far as it can be. */
  caughtUp(): Promise<void>;
  /** What a key has come for is read. */
  unlock(ring: { siteId: number; ringId: Buffer }): Promise<void>;
  close(): Promise<void>;
}

export const MAX_HEADER_BYTES = 100_000;

/** Opens a site in a folder of its own. Without `ring` it can't store. */
export async function openEncryptedSite(
  folder: string,
  {
    ledger,
    ring,
    nodes,
    compresses = true,
    rules = {},
  }: { ledger: Ledger; ring?: MadeRing; nodes: StudyNodes; compresses?: boolean; rules?: Partial<SiteRules> },
): Promise<EncryptedSite> {
  await mkdir(folder, { recursive: true });
  const log = silentLog;
  const { siteId } = ledger;
  const catalog = openTestCatalog({ file: path.join(folder, 'catalog.sqlite'), site: { ...rules, siteId } });
  const secrets = createBodySecrets({ chainId: ledger.chainId, keyring: nodes });
  const headers = openHeaderReader({ maxBytes: MAX_HEADER_BYTES });
  const pictures = openPictureWorkers({ threads: 1, timeoutMs: 60_000 });
  const contents = openContentVerifier({ threads: 1, timeoutMs: 120_000 });
  const progress = createProgress();
  const { annotations, projection } = catalog;
  const announced = { headers, secrets, pseudonyms: testPseudonyms, annotations, labelRules: [], log };
  const announcements = createAnnouncements({ ledger, issuers: createIssuers(new Map()), ...announced });
  const retryMs = { first: 1, most: 2 };
  const follower = startFollower({ ledger, catalog, announcements, progress, log }, { retryMs });
  const reader = startReader({ ledger, catalog, announcements, progress, log }, { retryMs });
  const verifier = startVerifier({
    ...{ ledger, catalog, progress, log },
    verify: (instance, branch) => {
      const seen = catalog.seenBy('everything', instance.siteId);
      return verifyStored({ ledger, secrets, contents, catalog: seen }, instance, branch);
    },
  });
  const noNumbers: StudyNumbers = {
    writingRing: () => Promise.reject(new Error('This site does not write.')),
    numbersOf: () => Promise.reject(new Error('This site does not write.')),
  };
  const numbers = ring?.numbers ?? noNumbers;
  const naming = nameByNumbers({ ledger, projection, numbers, secrets }, { isPadded: true });
  const archive = openArchive(
    {
      ...{ ledger, catalog, projection, secrets, naming, pictures, progress, reader, contents, verifier, log },
      raiseAlarm: () => undefined,
      made: createMadeCache(),
      spool: await openSpool({ folder: path.join(folder, 'spool'), maxInstanceBytes: 2 ** 24, minFreeBytes: 0 }),
      acceptances: await openAcceptances({ folder: path.join(folder, 'receipts') }),
      commitmentRequests: await openCommitmentRequests({ folder: path.join(folder, 'commitments') }),
    },
    {
      ...{ windowBytes: 2 ** 24, acknowledge: 'sealed', patientIdIssuer: 'north', compresses },
      maxHeaderBytes: MAX_HEADER_BYTES,
    },
  );
  return {
    ...{ archive, catalog, naming, secrets, pictures },
    caughtUp: async () => {
      const { head } = await ledger.health({ maxAgeMs: 0 });
      await progress.until(() => (progress.head && progress.head.number >= (head?.number ?? 0n) ? true : undefined));
      await reader.idle();
    },
    unlock: async (of) => {
      await catalog.unlock({ siteId: of.siteId, ringId: toHex(of.ringId) });
      progress.changed();
    },
    close: async () => {
      await archive.close();
      await follower.close();
      await reader.close();
      await contents.close();
      await verifier.close();
      await headers.close();
      await pictures.close();
      await catalog.close();
    },
  };
}
