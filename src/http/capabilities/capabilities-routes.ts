import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Authenticate } from '../../access/authenticate.js';
import { PROJECT_ROOT } from '../../base/project-root.js';
import { DICOMWEB_PATH, serverUrl, SITE_DICOMWEB_PATH, type RootOptions } from '../message/dicomweb-root.js';
import { sendJson } from '../message/send-json.js';
import { routesOf, type Route } from '../route.js';
import { apiDocument } from './api-document.js';
import { retrieveCapabilities } from './retrieve-capabilities.js';
import { showServices } from './show-services.js';

interface CapabilitiesParts extends RootOptions {
  authenticate: Authenticate;
  /** Every status that a refusal can have. */
  failureStatuses: readonly number[];
}

const OPEN_API_PATH = `${DICOMWEB_PATH}/openapi.json`;
const OPEN_API_TYPE = 'application/json';

/** What tells of all `rows` of the table, and of themselves. Nothing in it is of patients or of people, so it is for everybody. */
export function capabilitiesRoutes(rows: readonly Route[], parts: CapabilitiesParts): Route[] {
  const { publicUrl, failureStatuses } = parts;
  const { version } = JSON.parse(readFileSync(path.join(PROJECT_ROOT, 'package.json'), 'utf8')) as { version: string };
  const told = { service: 'Description of the services', permission: 'public', writes: false, audit: 'none' } as const;
  const all: Route[] = [...rows];
  all.push(
    ...routesOf({ ...told, gives: [OPEN_API_TYPE] }, [
      [
        'GET',
        OPEN_API_PATH,
        (request, response) => {
          const text = JSON.stringify(
            apiDocument(all, { serverUrl: serverUrl(request, publicUrl), version }),
            undefined,
            1,
          );
          return sendJson(request, response, { mediaType: OPEN_API_TYPE, etagParts: [text], chunks: () => [text] });
        },
      ],
    ]),
    ...routesOf({ ...told, gives: ['text/html'] }, [
      ['GET', '/services', showServices({ ...parts, rows: all, openApiPath: OPEN_API_PATH })],
    ]),
  );
  const asked = { ...told, service: 'Retrieve Capabilities (PS3.18 §8.9)' };
  const capabilitiesBelow = (root: string) => retrieveCapabilities(all, { root, publicUrl, failureStatuses });
  return [
    ...all.slice(rows.length),
    ...routesOf(asked, [
      ['OPTIONS', `${DICOMWEB_PATH}/{*any}`, capabilitiesBelow(DICOMWEB_PATH)],
      ['OPTIONS', `${SITE_DICOMWEB_PATH}{/*any}`, capabilitiesBelow(SITE_DICOMWEB_PATH)],
    ]),
  ];
}
