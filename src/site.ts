import { availableParallelism } from 'node:os';
import path from 'node:path';
import { CATALOG_THREAD_ALARM, reviewAlarms, watchAlarms } from './alarms.js';
import type { Review } from './archive/archive.js';
import type { Letters } from './archive/letters/letters.js';
import type { Sharing } from './archive/sharing/sharing.js';
import { openArchive, type OpenArchive } from './archive/open-archive.js';
import { verifyStored } from './archive/retrieve/verify-stored.js';
import { createProgress } from './archive/project/progress.js';
import { openCommitmentRequests } from './archive/commitment/commitment-requests.js';
import { followNumbers } from './archive/project/follow-numbers.js';
import { createBodySecrets } from './archive/secrecy/body-secrets.js';
import { openAcceptances } from './archive/store/acceptances.js';
import { openSpool } from './archive/store/spool.js';
import { requirePrivate } from './base/require-private.js';
import { readLabelRules } from './catalog/label-rules.js';
import { lockFolder } from './base/folder-lock.js';
import type { Catalog } from './catalog/catalog.js';
import type { Config } from './config.js';
import { openSiteCatalog } from './open-site-catalog.js';
import { openSiteKeyring } from './open-site-keyring.js';
import { storesDeidentifiedOnly } from './stores-deidentified-only.js';
import { openSitePseudonyms } from './open-site-pseudonyms.js';
import { siteNaming } from './site-naming.js';
import { openSiteSharing } from './open-site-sharing.js';
import { openPictureWorkers } from './dicom/render/picture-workers.js';
import { openContentVerifier } from './dicom/verify/open-content-verifier.js';
import { createAnnouncements } from './archive/project/announcements.js';
import { startFollower } from './archive/project/follower.js';
import { createIssuers } from './archive/project/issuers.js';
import { startReader } from './archive/project/reader.js';
import { createStandstill } from './archive/project/standstill.js';
import { startVerifier, type VerifierDependencies } from './archive/project/verifier.js';
import { openHeaderReader } from './dicom/metadata/open-header-reader.js';
import type { BlockRef } from './ledger/ethereum/block-ref.js';
import type { Alarm, Ledger } from './ledger/ledger.js';
import { openSiteLedger } from './ledger/open-site-ledger.js';
import type { Log } from './base/log.js';
import type { Keyring } from './keyring/keyring.js';
import { createMadeCache } from './archive/retrieve/made-cache.js';
import { openExtentCache } from './pieces/extent-cache.js';

/** Everything of a site but its HTTP side. */
export interface Site {
  archive: OpenArchive;
  catalog: Catalog;
  ledger: Ledger;
  /** Undefined where the contract that is written to has no rings, and where this account is of no site. */
  keyring: Keyring | undefined;
  /** Where there is a keyring. */
  letters: Letters | undefined;
  sharing: Sharing | undefined;
  /** All that needs a person just now. */
  alarms(): readonly Alarm[];
  /** Calls back with the key of each image that is retired from now on, when it is in the catalogue. */
  onForget(listener: (imageId: string) => void): void;
  /** What the cache takes of one instance that is read as a whole, in bytes. */
  cachedInstanceBytes: number;
  /** Raises an alarm that has no state of its own: it is over after a day. */
  raiseAlarm(alarm: Alarm): void;
  /** The last block that is in the catalogue. */
  followed(): BlockRef | undefined;
  /** Whether chain and catalogue can serve, with the reasons when not. An alarm that does not stop storing is a warning. */
  readiness(): Promise<{ ready: boolean; reasons: string[]; warnings: string[] }>;
  /** Resolves when the catalogue has the chain's head of now, and has read all of it that can be had. */
  caughtUp(): Promise<void>;
  /** Answers what is being stored with `unavailable`; the spool keeps it for the next start. */
  stopStoring(): Promise<void>;
  close(): Promise<void>;
}

/** One picture may take so long; then it gets an icon. */
const PICTURE_TIMEOUT_MS = 20_000;
/** The catalogue may be so many blocks behind and still count as ready. */
const READY_LAG_BLOCKS = 10n;

export const cacheFolder = (dataFolder: string): string => path.join(dataFolder, 'cache');

/** One more than the processors, at least two and at most four: one caller has all but one. */
export const pictureThreads = (processors: number): number => Math.max(2, Math.min(4, processors + 1));

async function reviewedAlarms(review: Review, siteId: number, missingRings: number): Promise<Alarm[]> {
  const [counts, retirements] = await Promise.all([review.counts(), review.massRetirements()]);
  return reviewAlarms({ ...counts, missingRings, retirements }, { siteId });
}

/** A sentence when the catalogue does not answer. */
function catalogFault({ projection }: Catalog): string[] {
  try {
    projection.cursor();
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

/** Opens the rooms in order; when one fails, those before are closed again. */
export async function openSite(
  config: Config,
  log: Log,
  { otherAlarms = () => [] }: { otherAlarms?: () => readonly Alarm[] } = {},
): Promise<Site> {
  const closers: (() => unknown)[] = [];
  const closeAll = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const closer of closers.reverse()) {
      try {
        await closer();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= closeAll());
  try {
    await requirePrivate({
      DATA_DIR: config.DATA_DIR,
      CONSORTIUM_KEY_FILE: config.CONSORTIUM_KEY_FILE,
      SITE_KEYSTORE_FILE: config.SITE_KEYSTORE_FILE,
      SITE_PASSWORD_FILE: config.SITE_PASSWORD_FILE,
      CATALOG_PASSWORD_FILE: config.CATALOG_PASSWORD_FILE,
    });
    const lock = lockFolder(config.DATA_DIR);
    closers.push(() => lock.release());
    const ledger = await openSiteLedger({
      dataFolder: config.DATA_DIR,
      urls: config.LEDGER_URL,
      contracts: config.LEDGER_CONTRACT,
      siteKey: {
        keystoreFile: config.SITE_KEYSTORE_FILE,
        passwordFile: config.SITE_PASSWORD_FILE,
        rawKey: config.SITE_KEY,
      },
      formerSites: config.FORMER_SITES,
      joinSite: config.JOIN_SITE,
      depths: { sealed: config.SEALED_DEPTH, final: config.FINAL_DEPTH },
      poolBytes: config.LEDGER_POOL_BYTES,
      pieceBytes: config.PIECE_BYTES,
      embeddedPeriodMs: config.EMBEDDED_PERIOD_MS,
      log,
    });
    closers.push(() => ledger.close());
    const pseudonyms = await openSitePseudonyms(config, ledger);
    const keyring = await openSiteKeyring(config, ledger);
    if (keyring) closers.push(() => keyring.close());
    const labelRules = config.LABEL_RULES_FILE === undefined ? [] : await readLabelRules(config.LABEL_RULES_FILE);
    /** Before there are alarms, one is in the log alone. */
    let raise = (_alarm: Alarm): void => undefined;
    const onThreadEnded = (): void => raise(CATALOG_THREAD_ALARM);
    const catalog = await openSiteCatalog(config, { ledger, log, onThreadEnded });
    closers.push(() => catalog.close());
    const cache = await openExtentCache({ folder: cacheFolder(config.DATA_DIR), maxBytes: config.CACHE_BYTES });
    closers.push(() => cache.written());
    const made = createMadeCache();
    const spool = await openSpool({
      folder: path.join(config.DATA_DIR, 'spool'),
      maxInstanceBytes: config.MAX_INSTANCE_BYTES,
      minFreeBytes: config.MIN_FREE_BYTES,
    });
    const acceptances = await openAcceptances({ folder: path.join(config.DATA_DIR, 'receipts') });
    const commitmentRequests = await openCommitmentRequests({ folder: path.join(config.DATA_DIR, 'commitments') });
    const threads = pictureThreads(availableParallelism());
    const pictures = openPictureWorkers({ threads, timeoutMs: PICTURE_TIMEOUT_MS, log });
    closers.push(() => pictures.close());
    const headers = openHeaderReader({ maxBytes: config.MAX_HEADER_BYTES });
    closers.push(() => headers.close());
    const issuers = createIssuers(config.ISSUERS);
    const { annotations } = catalog;
    const secrets = createBodySecrets({ chainId: ledger.chainId, ...(keyring && { keyring }) });
    const numbers = keyring && followNumbers({ numbers: keyring, siteId: ledger.siteId, log });
    const numbered = numbers === undefined ? {} : { numbers };
    const announced = { ...numbered, headers, secrets, pseudonyms, issuers, annotations, labelRules };
    const announcements = createAnnouncements({ ledger, log, ...announced });
    const progress = createProgress();
    const standstill = createStandstill({ progress });
    const forgetting: ((imageId: string) => void)[] = [];
    const forget = (imageId: string): void => {
      cache.forget(imageId);
      made.forget(imageId);
      for (const listener of forgetting) listener(imageId);
    };
    const follower = startFollower({ ...numbered, ledger, catalog, announcements, progress, forget, log });
    closers.push(() => follower.close());
    const reader = startReader({ ledger, catalog, announcements, progress, log });
    closers.push(() => reader.close());
    const contents = openContentVerifier();
    const reading = { ledger, secrets, cache, contents };
    const verify: VerifierDependencies['verify'] = (instance, branch) =>
      verifyStored({ ...reading, catalog: catalog.seenBy('everything', instance.siteId) }, instance, branch);
    const verifier = startVerifier({ ledger, catalog, progress, verify, log });
    closers.push(() => verifier.close());
    // Before the verifier, which would wait for what is being verified.
    closers.push(() => contents.close());
    const sharing = keyring && (await openSiteSharing(config, { ledger, catalog, keyring, progress, log }));
    if (sharing) closers.push(() => sharing.close());
    const naming = siteNaming(config, { ledger, catalog, keyring, ring: sharing?.ring, secrets, pseudonyms });
    const archive = openArchive(
      {
        ledger,
        catalog,
        projection: catalog.projection,
        naming,
        ...{ cache, made, secrets, spool, acceptances, commitmentRequests },
        pictures,
        progress,
        reader,
        contents,
        verifier,
        raiseAlarm: (alarm) => raise(alarm),
        log,
      },
      {
        windowBytes: config.STORE_WINDOW_BYTES,
        acknowledge: config.STORE_ACK,
        deidentifiedOnly: storesDeidentifiedOnly(config, ledger),
        patientIdIssuer: config.PATIENT_ID_ISSUER,
        maxHeaderBytes: config.MAX_HEADER_BYTES,
        compresses: config.PIECE_COMPRESSION === 'on',
      },
    );
    closers.push(() => archive.close());
    const alarms = await watchAlarms(
      {
        ledger,
        log,
        others: async () => {
          standstill.see((await ledger.health()).head?.number);
          return [
            ...otherAlarms(),
            ...(await reviewedAlarms(archive.review, ledger.siteId, sharing?.missingRings() ?? 0)),
          ];
        },
      },
      {
        folders: { DATA_DIR: config.DATA_DIR, NODE_DATA_DIR: config.NODE_DATA_DIR },
        minFreeBytes: config.MIN_FREE_BYTES,
      },
    );
    closers.push(() => alarms.close());
    raise = (alarm) => alarms.raise(alarm);
    void progress
      .until(() => (catalog.standby === undefined ? true : undefined))
      .then(() => archive.recover())
      .catch((error: unknown) => log.error({ err: error }, 'The spool could not be read.'));

    return {
      archive,
      catalog,
      ledger,
      keyring,
      letters: sharing?.letters,
      sharing: sharing?.sharing,
      alarms: () => alarms.current,
      onForget: (listener) => void forgetting.push(listener),
      cachedInstanceBytes: cache.maxInstanceBytes,
      raiseAlarm: (alarm) => alarms.raise(alarm),
      followed: () => progress.head,
      readiness: async () => {
        const { head } = await ledger.health();
        const behind = head === undefined ? 0n : head.number - (progress.head?.number ?? -1n);
        const sentences = (stopsStoring: boolean): string[] =>
          alarms.current.filter((alarm) => alarm.stopsStoring === stopsStoring).map(({ sentence }) => sentence);
        const reasons = [
          ...sentences(true),
          ...(behind > READY_LAG_BLOCKS ? [`The catalogue is ${behind} blocks behind the chain.`] : []),
          ...(standstill.reason === undefined ? [] : [standstill.reason]),
          ...catalogFault(catalog),
        ];
        const standby = catalog.standby === undefined ? [] : [catalog.standby];
        const unsaved = (await keyring?.warnings()) ?? [];
        const waiting = (await sharing?.warnings()) ?? [];
        const warnings = [...sentences(false), ...standby, ...unsaved, ...waiting];
        return { ready: reasons.length === 0, reasons, warnings };
      },
      caughtUp: async () => {
        const { head } = await ledger.health({ maxAgeMs: 0 });
        await progress.until(() =>
          !head || (progress.head && progress.head.number >= head.number) ? true : undefined,
        );
        await reader.idle();
      },
      stopStoring: () => archive.close(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
