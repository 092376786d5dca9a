import { readFileSync } from 'node:fs';
import type { RequestHandler, Response } from 'express';
import type { Emergency } from '../../access/emergency.js';
import { mayOpenEmergency } from '../../access/may-open-emergency.js';
import type { Permission, Principal } from '../../access/principal.js';
import { html, type Html } from './html.js';
import { timeOf } from './time-of.js';

/** What one page has of its own. */
export interface Layout {
  /** Without the name of the product. */
  title: string;
  /** Who looks at it, when that is known: what the menu leads to is what that one may have. */
  principal?: Principal | undefined;
  /** Origins, besides this server, to which its forms lead in the end. */
  formsLeadTo?: readonly string[];
  /** What comes below the menu, the heading included. */
  body: Html;
}

/** Where the menu leads to, and what has to be permitted for that. */
const MENU: readonly { name: string; path: string; permission: Permission }[] = [
  { name: 'Images', path: '/', permission: 'read' },
  { name: 'Who looked', path: '/audit', permission: 'audit' },
  { name: 'Archive state', path: '/state', permission: 'audit' },
  { name: 'Sharing', path: '/sharing', permission: 'admin' },
  { name: 'Quarantine', path: '/quarantine', permission: 'admin' },
  { name: 'People and keys', path: '/access', permission: 'admin' },
];

export const STYLE_PATH = '/pages/style.css';

/** A whole page: one language, one style, no script. Forms and links do all of its work, so the keyboard does too. */
export function page({ title, principal, body }: Layout): Html {
  const entries: { name: string; path: string }[] = MENU.filter(({ permission }) =>
    principal?.permissions.has(permission),
  );
  if (principal !== undefined && mayOpenEmergency(principal)) entries.push({ name: 'Emergency', path: '/emergency' });
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · dicom-ledger</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="${STYLE_PATH}" />
      </head>
      <body>
        <a class="skip" href="#content">To the content</a>
        <header>
          <span class="brand">dicom-ledger</span>
          <nav aria-label="Main">${entries.map(({ name, path }) => html`<a href="${path}">${name}</a> `)}</nav>
          ${principal && who(principal)}
        </header>
        ${principal?.emergency && banner(principal.emergency)}
        <main id="content">${body}</main>
      </body>
    </html>`;
}

function banner({ endsAt }: Emergency): Html {
  return html`<aside class="banner" aria-label="Emergency">
    <p><strong>Emergency</strong> until ${timeOf(endsAt ?? 0)}. You see everything; what you look at is on record.</p>
    <form method="post" action="/emergency/end"><button>End the emergency</button></form>
  </aside>`;
}

/** Only a session can be ended from here; other ways in end with their key. */
function who({ name, via }: Principal): Html {
  return html`<div class="who">
    <a href="/login">${name}</a>
    ${(via === 'session' || via === 'link') && html`<form method="post" action="/logout"><button>Log out</button></form>`}
  </div>`;
}

/** Nothing is loaded but the style, nothing runs, nobody frames it, and forms go to this server alone (CSP Level 3). */
const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  'img-src data:',
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** Sends a page, which no browser keeps: after log out, Back shows nothing. */
export function sendPage(response: Response, layout: Layout): void {
  const leadTo = (layout.formsLeadTo ?? []).map((origin) => ` ${origin}`).join('');
  response.setHeader(
    'Content-Security-Policy',
    POLICY.replace("form-action 'self'", (self) => `${self}${leadTo}`),
  );
  // With no referrer at all, browsers would not say either that a form came from here (Fetch standard §3.2.4).
  response.setHeader('Referrer-Policy', 'same-origin');
  response.setHeader('Cache-Control', 'no-store');
  response.vary('Cookie');
  const basePath = (response.locals['basePath'] as string | undefined) ?? '';
  // Text of others cannot look like an attribute: its quotes are escaped.
  response.type('html').send(page(layout).text.replace(/ (href|action)="\/(?!\/)/g, ` $1="${basePath}/`));
}

const STYLE = readFileSync(new URL('./style.css', import.meta.url), 'utf8');

export const sendStyle: RequestHandler = (_request, response) => {
  response.setHeader('Cache-Control', 'no-cache');
  response.type('css').send(STYLE);
};
