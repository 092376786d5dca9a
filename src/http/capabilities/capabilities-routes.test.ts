import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import request, { type Response as Answer } from 'supertest';
import { PERMISSIONS } from '../../access/principal.js';
import { letWhoeverIn } from '../../access/testing/whoever.js';
import type { Archive } from '../../archive/archive.js';
import { LedgerError } from '../../base/errors.js';
import { createHttpApp, type HttpAppParts } from '../create-http-app.js';
import type { Route } from '../route.js';
import { routes } from '../routes.js';
import { httpPartsOver } from '../testing/http-app-over.js';
import { readElements, type ReadElement } from './testing/read-elements.js';

const refuse = (): never => {
  throw new LedgerError('conflict', 'This archive does nothing.');
};
const archive = new Proxy({}, { get: () => refuse }) as unknown as Archive;
const parts: HttpAppParts = {
  ...httpPartsOver(archive, { publicUrl: 'https://pacs.example/x' }),
  network: async () => refuse(),
  authenticate: letWhoeverIn({ permissions: new Set(PERMISSIONS) }),
};
const table = routes({ ...parts, uploadOptions: { publicUrl: undefined, maxInstanceBytes: 1 } });
const server = createHttpApp(parts).listen(0, '127.0.0.1');
afterAll(() => new Promise((resolve) => server.close(resolve)));

const ROOTS = ['/dicom-web', '/sites/:site/dicom-web'];
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'];
const WADL = 'application/vnd.sun.wadl+xml';

const ask = (method: string, url: string, headers = {}): Promise<Answer> =>
  Promise.resolve(request(server)[method.toLowerCase() as 'get'](url).set(headers).buffer(true));

/** A URL that a path of the table matches, and the same as the documents have it. */
const urlOf = (path: string): string => path.replace(/\{\/\*\w+\}/, '').replace(/[:*]\w+/g, '1');
const templateOf = (path: string): string => path.replace(/[:*](\w+)/g, '{$1}');

const pathsBelow = (root: string): string[] => [
  ...new Set(
    table
      .filter(({ path, handler, method }) => {
        const isThere = handler !== 'not-implemented' && METHODS.includes(method);
        return isThere && path.startsWith(`${root}/`);
      })
      .map(({ path }) => path),
  ),
];

/** The methods that Express leads to a handler, whatever that says. */
async function routedMethods(url: string): Promise<string[]> {
  const statuses = await Promise.all(METHODS.map(async (method) => ({ method, answer: await ask(method, url) })));
  return statuses.filter(({ answer }) => ![405, 501].includes(answer.status)).map(({ method }) => method);
}

interface Described {
  template: string;
  methods: string[];
}

/** Every resource of a description in JSON form, by the whole template of its path. */
function resourcesOf(resources: ReadElement[], above: string): Described[] {
  return resources.flatMap(({ path, method = [], resource = [] }) => {
    const template = `${above}/${path as string}`;
    const methods = (method as ReadElement[]).map(({ name }) => name as string);
    return [{ template, methods }, ...resourcesOf(resource as ReadElement[], template)];
  });
}

async function describedAt(
  url: string,
): Promise<{ base: string; resources: Described[]; allow: string; text: string }> {
  const { status, headers, text } = await ask('OPTIONS', url, { Accept: 'application/json' });
  expect([url, status, headers['content-type']]).toEqual([url, 200, 'application/json']);
  const { application } = JSON.parse(text) as { application: ReadElement };
  const [of] = application['resources'] as [ReadElement];
  return {
    base: of['base'] as string,
    resources: resourcesOf((of['resource'] ?? []) as ReadElement[], ''),
    allow: String(headers['allow']),
    text,
  };
}

describe('Retrieve Capabilities', () => {
  it.each(ROOTS)('tells of every resource below %s exactly the methods that it has', async (root) => {
    const paths = pathsBelow(root);
    expect(paths.length).toBeGreaterThan(20);
    const { base, resources } = await describedAt(urlOf(root));
    expect(base).toBe(`https://pacs.example/x${urlOf(root)}`);
    for (const path of paths) {
      const routed = await routedMethods(urlOf(path));
      const template = templateOf(path.slice(root.length));
      const told = resources.find((one) => one.template === template)?.methods;
      expect([path, told?.sort()]).toEqual([path, routed.sort()]);
      const { allow } = await describedAt(urlOf(path));
      expect(allow.split(', ').sort()).toEqual(
        [...routed, ...(routed.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort(),
      );
    }
    const templates = new Set(paths.map((path) => templateOf(path.slice(root.length))));
    expect(resources.filter(({ methods, template }) => methods.length > 0 && !templates.has(template))).toEqual([]);
  });

  it('tells of the resource that is asked for, with what lies below it, and of nothing that is in the URL', async () => {
    const { resources, text } = await describedAt('/dicom-web/studies/1.2.3/series/1.2.4');
    expect(resources[0]).toEqual({ template: '/studies/{study}/series/{series}', methods: ['GET', 'DELETE'] });
    expect(resources.map(({ template }) => template)).toContain(
      '/studies/{study}/series/{series}/instances/{instance}/frames/{frames}/rendered',
    );
    expect(text).not.toContain('1.2.3');
  });

  it('is WADL unless JSON is asked for, and says the same in both', async () => {
    const xml = await ask('OPTIONS', '/dicom-web');
    expect([xml.status, xml.headers['content-type']]).toEqual([200, WADL]);
    const { name, element } = readElements(xml.text ?? String(xml.body));
    const { xmlns, 'xmlns:xsd': schema, ...application } = element;
    expect([name, xmlns, schema]).toEqual([
      'application',
      'http://wadl.dev.java.net/2009/02',
      'http://www.w3.org/2001/XMLSchema',
    ]);
    for (const type of ['application/json', 'application/dicom+json']) {
      const json = await ask('OPTIONS', '/dicom-web', { Accept: type });
      expect([json.headers['content-type'], JSON.parse(json.text)]).toEqual([type, { application }]);
    }
    expect((await ask('OPTIONS', '/dicom-web', { Accept: 'image/png' })).status).toBe(406);
  });

  it('names transactions as PS3.18 Table H-1 does, each but once', async () => {
    const { text } = await describedAt('/dicom-web');
    const names = [...text.matchAll(/"id": "(\w+)"/g)].map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining([
        ...['SearchForStudies', 'StoreInstances', 'RetrieveStudy', 'StoreStudyInstances', 'RetrieveStudyMetadata'],
        ...['SearchForStudySeries', 'SearchForStudySeriesInstances', 'SearchForInstances'],
      ]),
    );
  });

  it('is 501 with an empty Allow for a service that is not there, and 404 for what is no resource', async () => {
    for (const path of ['modality-scheduled-procedure-steps', 'color-palettes/1.2', 'inventories']) {
      const { status, headers } = await ask('OPTIONS', `/dicom-web/${path}`);
      expect([path, status, headers['allow']]).toEqual([path, 501, '']);
    }
    for (const path of ['/dicom-web/nothing', '/sites/1', '/sites/1/dicom-web/studies/1/nothing'])
      expect([path, (await ask('OPTIONS', path)).status]).toEqual([path, 404]);
  });

  it('leaves preflights to CORS', async () => {
    const preflight = { Origin: 'https://viewer.example', 'Access-Control-Request-Method': 'GET' };
    expect((await ask('OPTIONS', '/dicom-web/studies', preflight)).status).toBe(204);
    const { status } = await ask('OPTIONS', '/dicom-web/studies', { Origin: 'https://viewer.example' });
    expect(status).toBe(200);
  });
});

interface OpenApi {
  openapi: string;
  servers: { url: string }[];
  paths: Record<string, Record<string, { operationId: string; security?: []; parameters?: unknown[]; tags: string[] }>>;
}

const METHOD_KEYS = METHODS.map((method) => method.toLowerCase());

async function openApiDocument(): Promise<OpenApi> {
  const { text, headers } = await ask('GET', '/dicom-web/openapi.json');
  expect(headers['content-type']).toBe('application/json');
  return JSON.parse(text) as OpenApi;
}

/** `GET /dicom-web/studies/{study}` of each operation, and of each row that answers. */
const rowName = ({ method, path }: Route): string => `${method} ${templateOf(path)}`;

describe('The OpenAPI document', () => {
  it('has every row of the table that answers, with its permission, and no other', async () => {
    const { paths, openapi, servers } = await openApiDocument();
    expect([openapi, servers]).toEqual(['3.1.0', [{ url: 'https://pacs.example/x' }]]);
    const operations = Object.entries(paths).flatMap(([path, item]) =>
      METHOD_KEYS.filter((key) => key in item).map((key) => ({
        name: `${key.toUpperCase()} ${path}`,
        isPublic: item[key]!.security !== undefined,
        service: item[key]!.tags[0],
      })),
    );
    const rows = table
      .filter(({ handler, method }) => handler !== 'not-implemented' && METHODS.includes(method))
      .map((row) => ({ name: rowName(row), isPublic: row.permission === 'public', service: row.service }));
    const byName = (a: { name: string }, b: { name: string }): number => a.name.localeCompare(b.name);
    expect(operations.sort(byName)).toEqual(rows.sort(byName));
  });

  it('has each resource of the conformance statement, and no other', async () => {
    const statement = readFileSync('conformance/statement.md', 'utf8');
    const stated = [...statement.matchAll(/^\| (GET|POST|PUT|DELETE) \| `([^`]+)` \| (?!501:)/gm)]
      .filter(([, , path]) => path !== '/…')
      .map(([, method, path]) => `${method} ${path}`);
    const { paths } = await openApiDocument();
    const operations = Object.entries(paths).flatMap(([path, item]) =>
      METHOD_KEYS.filter((key) => key in item).map((key) => `${key.toUpperCase()} ${path.replace('{path}', '…')}`),
    );
    expect(operations.sort()).toEqual(stated.sort());
  });

  it('names every operation but once, and has every variable of a path as a parameter', async () => {
    const { paths } = await openApiDocument();
    const names = Object.values(paths).flatMap((item) => METHOD_KEYS.flatMap((key) => item[key]?.operationId ?? []));
    expect(new Set(names).size).toBe(names.length);
    for (const [path, item] of Object.entries(paths)) {
      const variables = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const parameters = item['parameters'] as unknown as { name: string; in: string; required: boolean }[];
      expect(parameters).toMatchObject(variables.map((name) => ({ name, in: 'path', required: true })));
    }
  });

  it('tells of every resource of DICOMweb what it takes and what it gives', () => {
    const silent = table
      .filter(({ handler, method, path }) => {
        const isThere = handler !== 'not-implemented' && METHODS.includes(method);
        return isThere && ROOTS.some((root) => path.startsWith(`${root}/`));
      })
      .filter(({ method, takes, gives }) => (method === 'GET' ? !gives : method !== 'DELETE' && !takes));
    expect(silent.map(rowName)).toEqual([]);
  });
});

describe('The page of the services', () => {
  it('lists every resource and what is not there, runs nothing and asks no other host', async () => {
    const { status, text, headers } = await ask('GET', '/services');
    expect(status).toBe(200);
    for (const path of pathsBelow('/dicom-web')) expect(text).toContain(` ${templateOf(path)}</code>`);
    expect(text).toContain('Modality Worklist (PS3.18 §14)');
    expect(text).not.toMatch(/<script|https?:/);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
  });

  it('is for everybody', async () => {
    const nobody = createHttpApp({
      ...parts,
      authenticate: async () => {
        throw new LedgerError('unauthenticated', 'Nobody is logged in.');
      },
    });
    for (const path of ['/services', '/dicom-web/openapi.json'])
      expect([path, (await request(nobody).get(path)).status]).toEqual([path, 200]);
    expect((await request(nobody).options('/dicom-web')).status).toBe(200);
  });
});
