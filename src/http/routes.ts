import type { Request, RequestHandler, Response } from 'express';
import type { Principal } from '../access/principal.js';
import type { Archive } from '../archive/archive.js';
import type { Audit } from '../audit/audit.js';
import { accessRoutes, type AccessRouteParts } from './access/access-routes.js';
import { principalOf } from './authorize.js';
import { sendAuditCsv } from './audit/send-audit-csv.js';
import { sendAuditEvents, sendAuditVerification } from './audit/send-audit-events.js';
import { showAudit } from './audit/show-audit.js';
import { sendNetworkReport, type NetworkReport } from './ledger/network-report.js';
import { deleteInstance, retireInstance } from './ledger/retire-instance.js';
import { deleteStudyLabel, listStudyLabels, nameOf, putStudyLabel } from './ledger/study-labels.js';
import { sendAcceptance } from './stow/send-acceptance.js';
import { sendRecord, sendSealed, sendVerification } from './ledger/send-record.js';
import { sendMetrics, type Metrics } from './operation/metrics.js';
import { showState } from './operation/show-state.js';
import { sendAlive, sendReadiness, type Readiness } from './operation/readiness.js';
import type { QueryLevel } from './qido/qido-keys.js';
import { search } from './qido/search.js';
import { missing, routesOf, type Route } from './route.js';
import { storeInstances, type UploadOptions } from './stow/store-instances.js';
import { listImages, sendImage, storeImages } from './uploads/store-images.js';
import { sendManifest, viewer } from './viewer/viewer.js';
import { retrieveBulkData } from './wado/retrieve-bulk-data.js';
import { retrieveFrames } from './wado/retrieve-frames.js';
import { retrieveInstances } from './wado/retrieve-instances.js';
import { retrieveMetadata } from './wado/retrieve-metadata.js';
import { retrieveRendered } from './wado/retrieve-rendered.js';
import { retrieveThumbnail } from './wado/retrieve-thumbnail.js';

/** What the handlers depend on. */
export interface RouteDependencies extends Pick<AccessRouteParts, 'access' | 'authenticate' | 'log' | 'onBrokenGlass'> {
  archive: Archive;
  audit: Audit;
  uploadOptions: UploadOptions;
  readiness: () => Promise<Readiness>;
  network: () => Promise<NetworkReport>;
  metrics: Metrics;
  /** Where the prebuilt viewer lies; it may be absent. */
  viewerFolder: string;
}

/** What answers one request from the archive, of which it gets what the caller may see and nothing else. */
type Answer = (
  archive: Archive,
  call: UploadOptions & { request: Request; response: Response; caller: Principal },
) => Promise<void>;

const STUDIES = '/dicom-web/studies';
const STUDY = `${STUDIES}/:study`;
const SERIES = `${STUDY}/series/:series`;
const INSTANCE = `${SERIES}/instances/:instance`;
const FRAMES = `${INSTANCE}/frames/:frames`;
const IMAGES = '/dicom-web/patients/:PatientID/images';
const LABELS = '/ledger/studies/:study/labels';
const RECORD = '/ledger/instances/:instance';

/**
 * The table of every URL of the server. What happens before a handler runs follows from its row (`create-http-app.ts`), and
 * so does the list of resources in the conformance statement. No two paths match the same URL, but for those that say so by
 * `OPTIONS` or `FILES`.
 */
export function routes(dependencies: RouteDependencies): Route[] {
  const { archive, audit, uploadOptions, readiness, network, metrics, viewerFolder } = dependencies;
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
  const searchOf = (level: QueryLevel): RequestHandler => by((seen, call) => search(seen, { ...call, level }));

  return [
    ...routesOf(
      { service: 'Store (PS3.18 §10.5)', work: 'store', permission: 'write', writes: true, audit: 'transfer' },
      [
        ['POST', STUDIES, by(storeInstances)],
        ['POST', STUDY, by(storeInstances)],
      ],
    ),

    ...routesOf(
      { service: 'Search (PS3.18 §10.6)', work: 'search', permission: 'read', writes: false, audit: 'query' },
      [
        ['GET', STUDIES, searchOf('study')],
        ['GET', '/dicom-web/series', searchOf('series')],
        ['GET', '/dicom-web/instances', searchOf('instance')],
        ['GET', `${STUDY}/series`, searchOf('series')],
        ['GET', `${STUDY}/instances`, searchOf('instance')],
        ['GET', `${SERIES}/instances`, searchOf('instance')],
      ],
    ),

    ...routesOf({ service: 'Search for patients', work: 'search', permission: 'read', writes: false, audit: 'query' }, [
      ['GET', '/dicom-web/patients', searchOf('patient')],
    ]),

    ...routesOf({ service: 'Retrieve (PS3.18 §10.4.1.1.1)', permission: 'read', writes: false, audit: 'access' }, [
      ['GET', STUDY, by(retrieveInstances)],
      ['GET', SERIES, by(retrieveInstances)],
      ['GET', INSTANCE, by(retrieveInstances)],
    ]),

    ...routesOf(
      { service: 'Retrieve metadata (PS3.18 §10.4.1.1.2)', permission: 'read', writes: false, audit: 'access' },
      [
        ['GET', `${STUDY}/metadata`, by(retrieveMetadata)],
        ['GET', `${SERIES}/metadata`, by(retrieveMetadata)],
        ['GET', `${INSTANCE}/metadata`, by(retrieveMetadata)],
      ],
    ),

    ...routesOf(
      { service: 'Retrieve rendered (PS3.18 §10.4.1.1.3)', permission: 'read', writes: false, audit: 'access' },
      [
        ['GET', `${STUDY}/rendered`, by(retrieveRendered)],
        ['GET', `${SERIES}/rendered`, by(retrieveRendered)],
        ['GET', `${INSTANCE}/rendered`, by(retrieveRendered)],
        ['GET', `${FRAMES}/rendered`, by(retrieveRendered)],
      ],
    ),

    ...routesOf(
      { service: 'Retrieve thumbnails (PS3.18 §10.4.1.1.4)', permission: 'read', writes: false, audit: 'access' },
      [
        ['GET', `${STUDY}/thumbnail`, by(retrieveThumbnail)],
        ['GET', `${SERIES}/thumbnail`, by(retrieveThumbnail)],
        ['GET', `${INSTANCE}/thumbnail`, by(retrieveThumbnail)],
        ['GET', `${FRAMES}/thumbnail`, by(retrieveThumbnail)],
      ],
    ),

    ...routesOf(
      { service: 'Retrieve bulk data (PS3.18 §10.4.1.1.5)', permission: 'read', writes: false, audit: 'access' },
      [['GET', `${INSTANCE}/bulkdata/*path`, by(retrieveBulkData)]],
    ),

    ...routesOf(
      { service: 'Retrieve frames (PS3.18 §10.4.1.1.6)', permission: 'read', writes: false, audit: 'access' },
      [['GET', FRAMES, by(retrieveFrames)]],
    ),

    ...routesOf({ service: 'Retirement', permission: 'retire', writes: true, audit: 'delete' }, [
      ['DELETE', INSTANCE, by(deleteInstance)],
      ['POST', `${RECORD}/retire`, by(retireInstance)],
    ]),

    ...routesOf(
      { service: 'Images (JPG and PNG)', work: 'store', permission: 'write', writes: true, audit: 'import' },
      [['POST', IMAGES, by(storeImages)]],
    ),
    ...routesOf({ service: 'Images (JPG and PNG)', permission: 'read', writes: false, audit: 'access' }, [
      ['GET', IMAGES, by(listImages)],
      ['GET', `${IMAGES}/:name`, by(sendImage)],
    ]),

    // Whoever stores asks what became of it.
    ...routesOf({ service: 'Receipts of accepted requests', permission: 'write', writes: false, audit: 'query' }, [
      ['GET', '/ledger/receipts/:receipt', by(sendAcceptance)],
    ]),

    ...routesOf({ service: 'Records of the ledger', permission: 'audit', writes: false, audit: 'access' }, [
      ['GET', RECORD, by(sendRecord)],
      ['POST', `${RECORD}/verify`, by(sendVerification)],
    ]),
    ...routesOf({ service: 'Records of the ledger', permission: 'audit', writes: false, audit: 'query' }, [
      ['GET', '/ledger/instances', by(sendSealed)],
    ]),
    ...routesOf({ service: 'The audit (ITI-81)', permission: 'audit', writes: false, audit: 'audit-log-used' }, [
      ['GET', '/ledger/audit', sendAuditEvents(audit, { publicUrl: uploadOptions.publicUrl })],
      ['GET', '/ledger/audit.csv', sendAuditCsv(audit)],
      ['POST', '/ledger/audit/verify', sendAuditVerification(audit)],
      ['GET', '/audit', showAudit(audit)],
    ]),
    ...routesOf({ service: 'Labels of studies', permission: 'admin', writes: false, audit: 'none' }, [
      ['GET', LABELS, by(listStudyLabels)],
    ]),
    ...routesOf({ service: 'Labels of studies', permission: 'admin', writes: false, audit: 'security' }, [
      ['PUT', `${LABELS}/:label`, by(putStudyLabel)],
      ['DELETE', `${LABELS}/:label`, by(deleteStudyLabel)],
    ]),
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

    ...missing('Unified Procedure Step (PS3.18 §11)', ['/dicom-web/workitems{/*rest}']),
    ...missing('Unified Procedure Step events (PS3.18 §11)', ['/dicom-web/subscribers{/*rest}']),
    ...missing('Storage Commitment (PS3.18 §13)', ['/dicom-web/commitment-requests{/*rest}']),
    ...missing('Modality Worklist (PS3.18 §14)', ['/dicom-web/modality-scheduled-procedure-steps{/*rest}']),
    ...missing('Modality Performed Procedure Step (PS3.18 §15)', [
      '/dicom-web/modality-performed-procedure-steps{/*rest}',
    ]),
    ...missing('The URI service (PS3.18 §9)', ['/wado', '/dicom-web/wado']),
    ...missing(
      'All bulk data of a resource at once (PS3.18 §10.4.1.1.5)',
      [STUDY, SERIES, INSTANCE].map((parent) => `${parent}/bulkdata`),
    ),
    ...missing(
      'All pixel data of a resource at once (PS3.18 §10.4.1.1.6)',
      [STUDY, SERIES, INSTANCE].map((parent) => `${parent}/pixeldata`),
    ),
    ...missing('Retrieve Capabilities (PS3.18 §8.9)', ['/dicom-web/{*any}'], 'OPTIONS'),

    ...accessRoutes({ ...dependencies, seenArchive, publicUrl: uploadOptions.publicUrl }),

    // Browsers ask for a manifest without the cookie (HTML standard §4.6.7.10).
    ...routesOf({ service: 'The viewer', permission: 'public', writes: false, audit: 'none' }, [
      ['GET', '/manifest.json', sendManifest({ viewerFolder })],
    ]),
    ...routesOf({ service: 'The viewer', permission: 'read', writes: false, audit: 'none' }, [
      ['FILES', '/', viewer({ viewerFolder })],
    ]),
  ];
}
