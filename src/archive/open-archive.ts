import { randomUUID } from 'node:crypto';
import { attribute } from '../dicom/data-set/dictionary.js';
import { LedgerError } from '../base/errors.js';
import type { Catalog, CatalogInstance, CatalogReader } from '../catalog/catalog.js';
import type { RingQueries } from '../catalog/ring-queries.js';
import type { ContentVerifier } from '../dicom/verify/open-content-verifier.js';
import type { Visibility } from '../catalog/visibility.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Archive, ArchiveSite, FoundInstance, StoredLabels } from './archive.js';
import { createReview } from './create-review.js';
import type { Reader } from './project/reader.js';
import type { Verifier } from './project/verifier.js';
import { createChanges } from './changes/create-changes.js';
import { createSealLookup } from './commitment/seal-lookup.js';
import { createCommitments } from './commitment/create-commitments.js';
import type { CommitmentRequests } from './commitment/commitment-requests.js';
import { createChainWait } from './store/chain-wait.js';
import { acceptanceState } from './store/acceptance-state.js';
import { bodySource, type BodySourceDependencies } from './retrieve/body-source.js';
import { createBodiesOf } from './retrieve/bodies-of.js';
import { createFind } from './retrieve/find.js';
import { createHeaderCache } from './retrieve/header-cache.js';
import { createRetrieve, type RetrieveDependencies } from './retrieve/retrieve.js';
import type { StoredContent } from './store/equal-content.js';
import { createPatientOfStudy } from './store/other-patient.js';
import { outcomeOfRejection } from './store/outcome-of-rejection.js';
import { receiveDataSet } from './store/receive-data-set.js';
import { openStore, type Store, type StoreDependencies, type StoreOptions } from './store/store.js';
import { createStudyAccess } from './store/study-access.js';
import { createStudyLabels } from './study-labels.js';
import { createSharedBytes, type SharedBytes } from './retrieve/shared-bytes.js';
import { storedBody } from './retrieve/stored-body.js';
import { createVerifyLocked } from './retrieve/verify-locked.js';
import { verifyInstance } from './retrieve/verify-instance.js';

/** The time of some blocks; a client that waits longer has gone away. */
const RETIRE_WAIT_MS = 120_000;
const RETIRE_SENTENCE =
  'The retirement is not seen on the chain yet; ask for the instance later: it is 410 once it is.';

const RESTORE_SENTENCE =
  'That it is restored is not seen on the chain yet; ask for the instance later: it is given again once it is.';
/** What nobody can read is not seen by whoever does not see everything. */
const NO_LOCKED: Pick<RingQueries, 'lockedImages' | 'lockedImage'> = {
  lockedImages: () => Promise.resolve([]),
  lockedImage: () => Promise.resolve(undefined),
};

/** The archive of one site, with what only the process that opened it calls. */
export type OpenArchive = Archive & Pick<Store, 'recover' | 'close'> & { shared: SharedBytes };

type ArchiveDependencies = Omit<StoreDependencies, 'access' | 'storedContent' | 'patientOfStudy' | 'reject'> &
  Omit<RetrieveDependencies, 'catalog' | 'headers' | 'requireVerified' | 'sourceOf'> &
  BodySourceDependencies & {
    catalog: Catalog;
    commitmentRequests: CommitmentRequests;
    contents: ContentVerifier;
    verifier: Pick<Verifier, 'require' | 'spentMs'>;
    reader: Pick<Reader, 'spentMs'>;
  };

export function openArchive(dependencies: ArchiveDependencies, options: StoreOptions): OpenArchive {
  const { ledger, catalog, projection, progress, acceptances, verifier, contents, secrets } = dependencies;
  const access = createStudyAccess(dependencies);
  const chainWait = createChainWait(dependencies, options.chainWait);
  const headers = createHeaderCache();
  const seals = createSealLookup({ ledger, projection });
  const started = randomUUID();

  const reject: StoreDependencies['reject'] = (outcome, note, { caller, mayRetire = false }) => {
    const seen = catalog.seenBy(caller?.sees ?? 'everything');
    const retireSeen = (uid: string, reason: string): Promise<void> => retire(seen, uid, reason);
    return outcomeOfRejection({ seen, retire: retireSeen }, outcome, { note, mayRetire });
  };
  const review = createReview(dependencies);
  const sourceOf: RetrieveDependencies['sourceOf'] = ({ imageId, contentKey, byteCount }, stored) =>
    bodySource(dependencies, { ...stored, imageId, contentKey, byteCount });
  const requireVerified = (instance: FoundInstance): Promise<void> => verifier.require(instance);
  const storedContent: StoredContent = async ({ siteId, SOPInstanceUID }, how) => {
    const seen = catalog.seenBy('everything', siteId);
    const instance = await seen.instance(SOPInstanceUID);
    if (instance?.state !== 'sealed') return undefined;
    const { open } = createRetrieve({ ...dependencies, headers, requireVerified, sourceOf, catalog: seen });
    return (await open(instance)).content(how);
  };
  const patientOfStudy = createPatientOfStudy({ catalog, siteId: ledger.siteId });
  const { isInFlight, studyInFlight, receive, ...store } = openStore(
    { ...dependencies, access, storedContent, patientOfStudy, reject: (...given) => reject(...given) },
    options,
  );

  /** The server that follows the chain stores: what it stores it has to see in the catalogue. */
  const requireWriting = (): void => {
    if (catalog.standby !== undefined) throw new LedgerError('unavailable', catalog.standby, { retryable: true });
  };

  const view = (visibility: Visibility, { labels, siteId }: { labels?: StoredLabels; siteId?: number }): Archive => {
    const seen = catalog.seenBy(visibility, siteId);
    const seesAll = visibility === 'everything';
    const caller =
      seesAll && labels === undefined
        ? {}
        : { caller: { sees: visibility, labels: labels?.labels ?? [], setBy: labels?.setBy ?? '' } };
    return {
      seenBy: (other, othersLabels) =>
        view(other, { ...(othersLabels && { labels: othersLabels }), ...(siteId !== undefined && { siteId }) }),
      ofSite: (other) => view(visibility, { ...(labels && { labels }), siteId: other }),
      sites: () => sitesOf(ledger),
      isOwn: (instance) => instance.siteId === ledger.siteId,
      review,
      attribute,
      ...createFind({ catalog: seen }),
      ...createRetrieve({ ...dependencies, headers, requireVerified, sourceOf, catalog: seen }),
      ...createStudyLabels({ catalog: seen, annotations: catalog.annotations }),
      counts: () => seen.counts(),
      version: async () => (seesAll ? `${started}-${progress.changeCount}` : undefined),
      receive: async (part) => {
        requireWriting();
        return receive({ ...part, ...caller });
      },
      receiveDataSet: async (incoming) => {
        requireWriting();
        return receiveDataSet((part) => receive({ ...part, ...caller }), incoming);
      },
      issueAcceptance: async (outcomes) => {
        const accepted = outcomes.filter((outcome) => outcome.kind === 'stored');
        if (options.acknowledge !== 'accepted' || accepted.length === 0) return undefined;
        return acceptances.issue(accepted);
      },
      acceptance: (id) =>
        acceptanceState(
          {
            ...{ acceptances, catalog: seen, progress, finalDepth: ledger.depths.final, isInFlight },
            isSeen: async ({ SOPInstanceUID, StudyInstanceUID }) =>
              StudyInstanceUID === undefined
                ? seesAll || (await seen.instance(SOPInstanceUID)) !== undefined
                : access.sees(visibility, StudyInstanceUID),
          },
          id,
        ),
      ...createChanges({ catalog: seen, progress, seals }),
      ...createCommitments({
        ...{ requests: dependencies.commitmentRequests, ledger, projection, catalog: seen, seals },
        isComing: async (SOPInstanceUID) => {
          const study = studyInFlight(SOPInstanceUID);
          return study !== undefined && access.sees(visibility, study);
        },
      }),
      ...createVerifyLocked({ ledger, catalog: seesAll ? catalog : NO_LOCKED }),
      verify: (SOPInstanceUID) => verifyInstance({ ledger, secrets, contents, catalog: seen }, SOPInstanceUID),
      retire: (SOPInstanceUID, reason) => retire(seen, SOPInstanceUID, reason),
      restore: (which) => restore(seen, which),
      retiredBy: (retired) => ledger.retiredBy(retired),
    };
  };

  const requireInstance = async (seen: CatalogReader, SOPInstanceUID: string): Promise<CatalogInstance> => {
    const instance = await seen.instance(SOPInstanceUID);
    if (!instance) throw new LedgerError('not-found', `There is no instance ${SOPInstanceUID}.`);
    return instance;
  };

  const retire = async (seen: CatalogReader, SOPInstanceUID: string, reason: string): Promise<void> => {
    requireWriting();
    const instance = await requireInstance(seen, SOPInstanceUID);
    if (instance.state === 'retired')
      throw new LedgerError('gone', `The instance ${SOPInstanceUID} is retired already.`);
    if (instance.state === 'announced') {
      throw new LedgerError(
        'unavailable',
        `The instance ${SOPInstanceUID} is still being stored; retire it when it is sealed.`,
        { retryable: true },
      );
    }
    const isRetired = (): true | undefined => projection.image(instance.imageId)?.state === 'retired' || undefined;
    const retired = ledger.retire(instance.imageId as Hex, reason).then(() => progress.until(isRetired));
    await chainWait.within(retired, { maxWaitMs: RETIRE_WAIT_MS, sentence: RETIRE_SENTENCE });
  };

  const restore = async (seen: CatalogReader, which: Parameters<Archive['restore']>[0]): Promise<void> => {
    requireWriting();
    const imageId =
      'imageId' in which ? which.imageId : ((await requireInstance(seen, which.SOPInstanceUID)).imageId as Hex);
    const found = await ledger.image(imageId);
    if (found?.state !== 'retired')
      throw new LedgerError(found ? 'conflict' : 'not-found', `The image ${imageId} is not retired.`);
    const isRestored = (): true | undefined => projection.holder(imageId)?.state !== 'retired' || undefined;
    const restored = ledger.restore(imageId).then(() => progress.until(isRestored));
    await chainWait.within(restored, { maxWaitMs: RETIRE_WAIT_MS, sentence: RESTORE_SENTENCE });
  };

  const shared = createSharedBytes({
    ...{ catalog, cache: dependencies.cache, requireVerified, sourceOf },
    bodyOf: async (instance) => {
      const { siteId, contentKey } = instance;
      const bodiesOf = createBodiesOf({ catalog: catalog.seenBy('everything', siteId), headers });
      const { header, body } = await bodiesOf(instance);
      return storedBody(instance, body, () => headers.decoded(contentKey, header));
    },
  });
  return { ...view('everything', {}), ...store, shared };
}

async function sitesOf(ledger: Pick<Ledger, 'sites' | 'siteId'>): Promise<ArchiveSite[]> {
  const sites = await ledger.sites();
  return sites.map(({ siteId, name }) => ({ siteId, name, isOwn: siteId === ledger.siteId }));
}
