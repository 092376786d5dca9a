import { DICOMWEB_PATH, SITE_DICOMWEB_PATH } from '../message/dicomweb-root.js';
import { allowedMethods, resourceRows, type Route } from '../route.js';
import { pathParts, transactionOf } from './path-parts.js';

interface ApiDocumentOptions {
  /** How clients reach the server. */
  serverUrl: string;
  version: string;
}

const DESCRIPTION = [
  'A DICOMweb archive (DICOM PS3.18) whose storage is a permissioned Ethereum chain.',
  'Where there is GET there is HEAD. What is not listed of PS3.18 answers 501; the conformance statement says what that is.',
  'Errors are application/problem+json (RFC 9457).',
].join(' ');

/** The ways in that a program has, whichever the operator has configured. */
const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'An API key, or an access token of the OpenID provider.' },
  basic: { type: 'http', scheme: 'basic', description: 'An API key as password.' },
  certificate: { type: 'mutualTLS', description: 'A client certificate.' },
};

const PROBLEM = {
  description: 'What is wrong and what to do (RFC 9457).',
  content: {
    'application/problem+json': {
      schema: {
        type: 'object',
        properties: {
          type: { type: 'string' },
          title: { type: 'string' },
          status: { type: 'integer' },
          detail: { type: 'string' },
          instance: { type: 'string', format: 'uri' },
          code: { type: 'string' },
        },
      },
    },
  },
};

const CAPABILITIES = {
  summary: 'Retrieve Capabilities (PS3.18 §8.9)',
  security: [],
  responses: { 200: { description: 'A Capabilities Description (PS3.18 §H).' } },
};

/** The table of routes as an OpenAPI document, version 3.1. */
export function apiDocument(rows: readonly Route[], { serverUrl, version }: ApiDocumentOptions): object {
  const resources = resourceRows(rows);
  const paths: Record<string, object> = {};
  for (const path of allowedMethods(rows, false).keys()) {
    const ofPath = resources.filter((row) => row.path === path);
    paths[templateOf(path)] = {
      parameters: pathParts(path).flatMap(({ variable, takesRest }) =>
        variable ? [pathParameter(variable, takesRest)] : [],
      ),
      ...Object.fromEntries(ofPath.map((row) => [row.method.toLowerCase(), operation(row)])),
      ...(isOfDicomweb(path) && { options: CAPABILITIES }),
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'dicom-ledger',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: serverUrl }],
    security: Object.keys(SECURITY_SCHEMES).map((name) => ({ [name]: [] })),
    tags: [...new Set(resources.map(({ service }) => service))].map((name) => ({ name })),
    paths,
    components: { securitySchemes: SECURITY_SCHEMES, responses: { Problem: PROBLEM } },
  };
}

/** A path of the table as an OpenAPI path. */
export function templateOf(path: string): string {
  return `/${pathParts(path)
    .map(({ text }) => text)
    .join('/')}`;
}

const rootOf = (path: string): string =>
  [DICOMWEB_PATH, SITE_DICOMWEB_PATH].find((root) => path.startsWith(`${root}/`)) ?? '';

const isOfDicomweb = (path: string): boolean => rootOf(path) !== '';

function operation(row: Route): object {
  const { service, permission, query = [], takes = [], gives = [] } = row;
  const root = rootOf(row.path);
  return {
    operationId: `${transactionOf(row, root)}${root === SITE_DICOMWEB_PATH ? 'OfSite' : ''}`,
    tags: [service],
    summary: service,
    description: permission === 'public' ? 'For everybody.' : `Needs the permission "${permission}".`,
    ...(permission === 'public' && { security: [] }),
    parameters: query.map((name) => ({ name, in: 'query', required: false, schema: { type: 'string' } })),
    ...(takes.length > 0 && { requestBody: { required: true, content: contentOf(takes) } }),
    responses: {
      '2XX': { description: 'Done.', ...(gives.length > 0 && { content: contentOf(gives) }) },
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

const contentOf = (mediaTypes: readonly string[]): object =>
  Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, {}]));

/** OpenAPI has no variable that takes several parts of a path, so its description says so. */
function pathParameter(name: string, takesRest = false): object {
  return {
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
    ...(takesRest && { description: 'May have slashes in it.' }),
  };
}
