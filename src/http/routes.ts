import type { Request, RequestHandler, Response } from 'express';
import type { Archive, ReadingArchive } from '../archive/archive.js';
import type { Audit } from '../audit/audit.js';
import { basePathOf } from '../base/base-path.js';
import { accessRoutes, type AccessRouteParts } from './access/access-routes.js';
import { principalOf } from './authorize.js';
import { changeRoutes } from './changes/change-routes.js';
import { createStreamChanges } from './changes/stream-changes.js';
import { commitmentRoutes } from './commitment/commitment-routes.js';
import { sendAuditCsv } from './audit/send-audit-csv.js';
import { sendAuditEvents, sendAuditVerification } from './audit/send-audit-events.js';
import { showAudit } from './audit/show-audit.js';
import { sendNetworkReport, type NetworkReport } from './ledger/network-report.js';
import { restoreImage, restoreInstance, sendRetired } from './ledger/restore-instance.js';
import { deleteInstances, rejectInstances, retireInstance } from './ledger/retire-instance.js';
import { deleteStudyLabel, listStudyLabels, nameOf, putStudyLabel } from './ledger/study-labels.js';
import { sendAcceptance } from './stow/send-acceptance.js';
import { sendLocked, sendLockedVerification, sendRecord, sendSealed, sendVerification } from './ledger/send-record.js';
import { capabilitiesRoutes } from './capabilities/capabilities-routes.js';
import { FAILURES } from './failures.js';
import { archiveOfSite } from './message/archive-of-site.js';
import { DICOMWEB_PATH, queryOf, SITE_DICOMWEB_PATH } from './message/dicomweb-root.js';
import { createKeptAnswers } from './message/kept-answers.js';
import { sendMetrics, type Metrics } from './operation/metrics.js';
import { showState } from './operation/show-state.js';
import { sendAlive, sendReadiness, type Readiness } from './operation/readiness.js';
import { letterRoutes } from './sharing/letter-routes.js';
import { sharingRoutes } from './sharing/sharing-routes.js';
import type { Letters } from '../archive/letters/letters.js';
import type { Sharing } from '../archive/sharing/sharing.js';
import { quarantineRoutes } from './quarantine/quarantine-routes.js';
import { handOver } from './readers/hand-over.js';
import { readingRoutes, topUriRoute } from './reading-routes.js';
import { missing, routesOf, type Answer, type Route } from './route.js';
import { STUDIES_DESCRIPTION } from './studies-description.js';
import { storeInstances, type UploadOptions } from './stow/store-instances.js';
import { storeImages } from './uploads/store-images.js';
import type { Worklist } from '../worklist/worklist.js';
import { worklistRoutes } from './worklist/worklist-routes.js';
import { sendManifest, viewer } from './viewer/viewer.js';

/** What the handlers depend on. */
export interface RouteDependencies extends Pick<AccessRouteParts, 'access' | 'authenticate' | 'log' | 'onBrokenGlass'> {
  archive: Archive;
  audit: Audit;
  /** What is to be done at this site. */
  worklist: Worklist;
  /** Undefined where this server shares nothing. */
  letters?: Letters | undefined;
  sharing?: Sharing | undefined;
  uploadOptions: UploadOptions;
  readiness: () => Promise<Readiness>;
  network: () => Promise<NetworkReport>;
  metrics: Metrics;
  /** Whether uncompressed frames are compressed for clients that take it. */
  compressesFrames?: boolean;
  /** Where the prebuilt viewer lies; it may be absent. */
  viewerFolder: string;
  /** Aborts when the server stops: what would go on for ever ends. */
  closing?: AbortSignal;
}

const STUDIES = `${DICOMWEB_PATH}/studies`;
const STUDY = `${STUDIES}/:study`;
const SERIES = `${STUDY}/series/:series`;
const INSTANCE = `${SERIES}/instances/:instance`;
const IMAGES = '/dicom-web/patients/:PatientID/images';
const LABELS = '/ledger/studies/:study/labels';
const RECORD = '/ledger/instances/:instance';

/**
 * The table of every URL of the server. What happens before a handler runs follows from its row (`create-http-app.ts`), and
 * so does the list of resources in the conformance statement. No two paths match the same URL, but for those that say so by
 * `OPTIONS` or `FILES`.
 */
export function routes(dependencies: RouteDependencies): Route[] {
  const {
    archive,
    audit,
    uploadOptions,
    readiness,
    network,
    metrics,
    compressesFrames = false,
    viewerFolder,
    closing,
  } = dependencies;
  const basePath = basePathOf(uploadOptions.publicUrl);
  const answers = createKeptAnswers();
  const stream = createStreamChanges(closing === undefined ? {} : { closing });
  const seenArchive = (response: Response): Archive => {
    const caller = principalOf(response);
    const { sees, setsLabels } = caller;
    const labels = setsLabels && { labels: setsLabels, setBy: nameOf(caller) };
    return sees === 'everything' && labels === undefined ? archive : archive.seenBy(sees, labels);
  };
  const by =
    (answer: Answer): RequestHandler =>
    (request, response) =>
      answer(seenArchive(response), { ...uploadOptions, request, response, caller: principalOf(response) });
  const ofSite =
    (siteOf: (request: Request) => unknown) =>
    (answer: Answer): RequestHandler =>
      by(async (seen, call) => {
        const site = siteOf(call.request);
        return answer(site === undefined ? seen : await archiveOfSite(seen, { site, caller: call.caller }), call);
      });
  const ofSiteInPath = ofSite(({ params }) => params.site);
  const read = (answer: Answer<ReadingArchive>): RequestHandler => handOver(by(answer));
  const readOfSite = (answer: Answer<ReadingArchive>): RequestHandler => handOver(ofSiteInPath(answer));
  /** Of the site that is shown, unless `?site=` names another. */
  const ofSiteAsked = ofSite((request) => queryOf(request).get('site') ?? undefined);

  const rows: Route[] = [
    ...routesOf(
      {
        service: 'Store (PS3.18 §10.5)',
        work: 'store',
        permission: 'write',
        writes: true,
        audit: 'transfer',
        ...STUDIES_DESCRIPTION.store,
      },
      [
        ['POST', STUDIES, by(storeInstances), 'StoreInstances'],
        ['POST', STUDY, by(storeInstances), 'StoreStudyInstances'],
      ],
    ),

    ...readingRoutes(DICOMWEB_PATH, { by, read, answers, compressesFrames }),
    ...changeRoutes(DICOMWEB_PATH, by, stream),

    ...routesOf({ service: 'Retirement', permission: 'retire', writes: true, audit: 'delete' }, [
      ['DELETE', STUDY, by(deleteInstances)],
      ['DELETE', SERIES, by(deleteInstances)],
      ['DELETE', INSTANCE, by(deleteInstances)],
      ['POST', `${RECORD}/retire`, by(retireInstance)],
    ]),
    ...routesOf({ service: 'Restoring what was retired', permission: 'retire', writes: true, audit: 'transfer' }, [
      ['POST', `${RECORD}/restore`, by(restoreInstance)],
      ['POST', '/ledger/images/:image/restore', by(restoreImage)],
    ]),
    ...routesOf({ service: 'Restoring what was retired', permission: 'admin', writes: false, audit: 'none' }, [
      ['GET', '/ledger/retired', by(sendRetired)],
    ]),
    ...routesOf(
      {
        service: 'Rejection as dcm4chee has it',
        permission: 'retire',
        writes: true,
        audit: 'delete',
        takes: [],
        gives: ['application/json'],
      },
      [STUDY, SERIES, INSTANCE].map((path) => ['POST', `${path}/reject/:code`, by(rejectInstances)] as const),
    ),

    ...routesOf(
      {
        service: 'Images (JPG and PNG)',
        work: 'store',
        permission: 'write',
        writes: true,
        audit: 'import',
        takes: ['multipart/form-data'],
        gives: ['application/json'],
      },
      [['POST', IMAGES, by(storeImages)]],
    ),

    // Whoever stores asks what became of it.
    ...routesOf({ service: 'Receipts of accepted requests', permission: 'write', writes: false, audit: 'query' }, [
      ['GET', '/ledger/receipts/:receipt', by(sendAcceptance)],
    ]),

    ...routesOf({ service: 'Records of the ledger', permission: 'audit', writes: false, audit: 'access' }, [
      ['GET', RECORD, ofSiteAsked(sendRecord)],
      ['POST', `${RECORD}/verify`, ofSiteAsked(sendVerification)],
      ['POST', '/ledger/locked/:image/verify', by(sendLockedVerification)],
    ]),
    ...routesOf({ service: 'Records of the ledger', permission: 'audit', writes: false, audit: 'query' }, [
      ['GET', '/ledger/instances', by(sendSealed)],
      ['GET', '/ledger/locked', by(sendLocked)],
    ]),
    ...routesOf({ service: 'The audit (ITI-81)', permission: 'audit', writes: false, audit: 'audit-log-used' }, [
      ['GET', '/ledger/audit', sendAuditEvents(audit, { publicUrl: uploadOptions.publicUrl })],
      ['GET', '/ledger/audit.csv', sendAuditCsv(audit)],
      ['POST', '/ledger/audit/verify', sendAuditVerification(audit)],
      ['GET', '/audit', showAudit(audit)],
    ]),
    ...routesOf({ service: 'Labels of studies', permission: 'admin', writes: false, audit: 'none' }, [
      ['GET', LABELS, ofSiteAsked(listStudyLabels)],
    ]),
    ...routesOf({ service: 'Labels of studies', permission: 'admin', writes: false, audit: 'security' }, [
      ['PUT', `${LABELS}/:label`, ofSiteAsked(putStudyLabel)],
      ['DELETE', `${LABELS}/:label`, ofSiteAsked(deleteStudyLabel)],
    ]),
    ...quarantineRoutes(by),
    ...letterRoutes(dependencies),
    ...sharingRoutes(dependencies),
    ...routesOf({ service: 'State of the network', permission: 'audit', writes: false, audit: 'none' }, [
      ['GET', '/ledger/network', sendNetworkReport(network)],
      ['GET', '/state', showState({ seenArchive, audit, readiness, network })],
    ]),

    ...routesOf({ service: 'Health', permission: 'public', writes: false, audit: 'none' }, [
      ['GET', '/healthz', sendAlive],
      ['GET', '/readyz', sendReadiness(readiness)],
    ]),
    ...routesOf({ service: 'Metrics', permission: 'admin', writes: false, audit: 'none' }, [
      ['GET', '/metrics', sendMetrics(metrics)],
    ]),

    ...readingRoutes(SITE_DICOMWEB_PATH, { by: ofSiteInPath, read: readOfSite, answers, compressesFrames }),
    ...changeRoutes(SITE_DICOMWEB_PATH, ofSiteInPath, stream),

    ...worklistRoutes(dependencies, by),
    ...commitmentRoutes(by),
    ...missing('Modality Worklist (PS3.18 §14)', ['/dicom-web/modality-scheduled-procedure-steps{/*rest}']),
    ...missing('Modality Performed Procedure Step (PS3.18 §15)', [
      '/dicom-web/modality-performed-procedure-steps{/*rest}',
    ]),
    ...missing(
      'Non-Patient Instances (PS3.18 §12)',
      ['color-palettes', 'defined-procedure-protocols', 'hanging-protocols', 'implant-templates', 'inventories'].map(
        (name) => `${DICOMWEB_PATH}/${name}{/*rest}`,
      ),
    ),
    // Where links in other systems have it; below each root, too.
    ...topUriRoute(read),

    ...accessRoutes({ ...dependencies, seenArchive, publicUrl: uploadOptions.publicUrl }),

    // Browsers ask for a manifest without the cookie (HTML standard §4.6.7.10).
    ...routesOf({ service: 'The viewer', permission: 'public', writes: false, audit: 'none' }, [
      ['GET', '/manifest.json', sendManifest({ viewerFolder, basePath })],
    ]),
    ...routesOf({ service: 'The viewer', permission: 'read', writes: false, audit: 'none' }, [
      ['FILES', '/', viewer({ viewerFolder, basePath })],
    ]),
  ];
  const failureStatuses = [...new Set(Object.values(FAILURES).map(({ status }) => status))].sort((a, b) => a - b);
  return [
    ...rows,
    ...capabilitiesRoutes(rows, { ...dependencies, publicUrl: uploadOptions.publicUrl, failureStatuses }),
  ];
}
