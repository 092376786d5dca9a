import type { RequestHandler } from 'express';
import type { Authenticate } from '../../access/authenticate.js';
import { html, type Html } from '../pages/html.js';
import { sendPage } from '../pages/layout.js';
import { table } from '../pages/table.js';
import { resourceRows, type Route } from '../route.js';
import { templateOf } from './api-document.js';

interface ServicesPage {
  authenticate: Authenticate;
  rows: readonly Route[];
  /** Where the same is for programs. */
  openApiPath: string;
}

/** The page of what this server answers: every resource of the table of routes, by service, for whoever writes a client. */
export function showServices({ authenticate, rows, openApiPath }: ServicesPage): RequestHandler {
  return async (request, response) => {
    const resources = resourceRows(rows);
    const services = [...new Set(resources.map(({ service }) => service))];
    const missing = [
      ...new Set(rows.filter(({ handler }) => handler === 'not-implemented').map(({ service }) => service)),
    ];
    const content = services.map((service) =>
      section(
        service,
        resources.filter((row) => row.service === service),
      ),
    );
    // The page is for everybody, but its menu is not.
    const principal = await authenticate(request).catch(() => undefined);
    sendPage(response, {
      title: 'Services',
      principal,
      body: html`<h1>Services</h1>
        <p>
          All that this server answers. For programs: <a href="${openApiPath}">OpenAPI 3.1</a>, and OPTIONS of every
          resource below /dicom-web (PS3.18 §8.9).
        </p>
        ${content}
        <h2>Not there: 501</h2>
        <ul>
          ${missing.map((service) => html`<li>${service}</li>`)}
        </ul>`,
    });
  };
}

function section(service: string, rows: readonly Route[]): Html {
  return html`<h2>${service}</h2>
    ${table(
      ['Resource', 'Permission', 'Takes', 'Gives', 'Query'],
      rows.map(({ method, path, permission, takes = [], gives = [], query = [] }) => [
        html`<code>${method} ${templateOf(path)}</code>`,
        permission,
        lines(takes),
        lines(gives),
        query.join(', '),
      ]),
      'Nothing.',
    )}`;
}

const lines = (values: readonly string[]): Html => html`${values.map((value) => html`${value}<br />`)}`;
