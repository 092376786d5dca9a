import type { Route } from '../route.js';
import { pathParts, transactionOf } from './path-parts.js';

/** An element of WADL: text and numbers are attributes, lists are the child elements of one name in their order. */
export interface WadlElement {
  [name: string]: string | readonly WadlElement[] | undefined;
}

export interface DescriptionOptions {
  /** Of the service, for `resources/@base`: an absolute URL. */
  base: string;
  /** Where the service is mounted: what the paths of its rows begin with. */
  root: string;
  /** The resource that is described with all below it, as a path of the table; the root itself for the whole service. */
  path: string;
  /** Every status that a refusal can have. */
  failureStatuses: readonly number[];
}

interface Resource {
  rows: Route[];
  children: Map<string, Resource>;
}

/**
 * A Capabilities Description (PS3.18 §H): the content of the WADL element `application`, made of the rows of the table of routes.
 * HEAD and OPTIONS are left out: the first says what GET says, and the second is this.
 */
export function capabilitiesDescription(rows: readonly Route[], options: DescriptionOptions): WadlElement {
  const { base, root, path } = options;
  const whole = newResource();
  for (const row of rows) {
    let resource = whole;
    for (const { text } of pathParts(row.path, root)) {
      const child = resource.children.get(text) ?? newResource();
      resource.children.set(text, child);
      resource = child;
    }
    resource.rows.push(row);
  }
  const target = pathParts(path, root);
  let resource = whole;
  for (const { text } of target) resource = resource.children.get(text) ?? newResource();
  const write = (text: string, one: Resource): WadlElement => resourceElement(text, one, options);
  return {
    doc: [{ title: 'dicom-ledger' }],
    resources: [
      {
        base,
        resource:
          target.length === 0
            ? [...whole.children].map(([text, child]) => write(text, child))
            : [write(target.map(({ text }) => text).join('/'), resource)],
      },
    ],
  };
}

function newResource(): Resource {
  return { rows: [], children: new Map() };
}

function resourceElement(path: string, { rows, children }: Resource, options: DescriptionOptions): WadlElement {
  const variables = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return {
    path,
    param: variables.map((name) => ({ name, style: 'template', type: 'xsd:string', required: 'true' })),
    method: rows.map((row) => methodElement(row, options)),
    resource: [...children].map(([text, child]) => resourceElement(text, child, options)),
  };
}

function methodElement(row: Route, { root, failureStatuses }: DescriptionOptions): WadlElement {
  const { method, service, permission, query = [], takes = [], gives = [] } = row;
  const accept = {
    name: 'Accept',
    style: 'header',
    type: 'xsd:string',
    ...(gives[0] !== undefined && { default: gives[0] }),
    option: gives.map((value) => ({ value })),
  };
  return {
    name: method,
    id: transactionOf(row, root),
    doc: [{ title: `${service}; permission: ${permission}` }],
    request: [
      {
        param: [
          ...(gives.length > 0 ? [accept] : []),
          ...query.map((name) => ({ name, style: 'query', type: 'xsd:string' })),
        ],
        representation: takes.map((mediaType) => ({ mediaType })),
      },
    ],
    response: [
      {
        status: gives.length > 0 ? '200' : '204',
        representation: gives.map((mediaType) => ({ mediaType })),
      },
      { status: failureStatuses.join(' '), representation: [{ mediaType: 'application/problem+json' }] },
    ],
  };
}
