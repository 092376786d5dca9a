import type { Response } from 'express';
import type { ApiKeyEntry, ApiKeys } from '../../access/api-keys.js';
import { PERMISSIONS, type Principal } from '../../access/principal.js';
import type { SessionEntry, Sessions } from '../../access/sessions.js';
import type { ShareLinkEntry } from '../../access/share-links.js';
import { html, type Html } from '../pages/html.js';
import { sendPage } from '../pages/layout.js';
import { table } from '../pages/table.js';
import { timeOf } from '../pages/time-of.js';

interface PageParts {
  sessions: Sessions;
  apiKeys: ApiKeys;
  identity: { accounts: unknown };
}

/** What was just made: its secret is on the page this once. */
export interface Made {
  what: 'key' | 'link';
  secret: string;
}

/** The page of who is logged in, of API keys and of share links. */
export function sendAccessPage(
  { sessions, apiKeys, identity }: PageParts,
  {
    response,
    principal,
    shareLinks,
    made,
  }: { response: Response; principal: Principal; shareLinks: readonly ShareLinkEntry[]; made?: Made },
): void {
  sendPage(response, {
    title: 'People and keys',
    principal,
    body: html`<h1>People and keys</h1>
      ${identity.accounts !== undefined && html`<p><a href="/access/accounts">Accounts of people</a></p>`}
      ${made && madeNotice(made)} ${people(sessions.list())} ${keys(apiKeys.list())} ${links(shareLinks)}`,
  });
}

function madeNotice({ what, secret }: Made): Html {
  const sentence = what === 'key' ? 'The new API key' : 'The new link';
  return html`<div class="notice" role="status">
    <p>${sentence}. Copy it now: it is shown this once, and kept nowhere.</p>
    <code class="secret" id="secret">${secret}</code>
  </div>`;
}

function people(entries: readonly SessionEntry[]): Html {
  return html`<section aria-labelledby="people">
    <h2 id="people">Who is logged in</h2>
    ${table(
      ['Name', 'Known by', 'Since', 'Last used', ''],
      entries.map(({ id, name, issuer, openedAt, usedAt }) => [
        name,
        issuer,
        timeOf(openedAt),
        timeOf(usedAt),
        html`<form method="post" action="/access/sessions/${id}/end">
          <button>Log out</button>
          <button name="all" value="yes">All of this person</button>
        </form>`,
      ]),
      'Nobody is logged in with a browser.',
    )}
  </section>`;
}

function keys(entries: readonly ApiKeyEntry[]): Html {
  return html`<section aria-labelledby="keys">
    <h2 id="keys">API keys of programs</h2>
    ${table(
      ['Name', 'Id', 'May', 'Sees', 'From', 'Expires', 'Last used', ''],
      entries.map((key) => [
        key.name,
        html`<code>${key.id}</code>`,
        key.permissions.join(', '),
        key.sees === 'everything' ? 'everything' : (key.sees.labels ?? []).join(', '),
        key.networks.length === 0 ? 'everywhere' : key.networks.join(', '),
        key.expiresAt === undefined ? 'never' : timeOf(key.expiresAt),
        key.usedAt === undefined ? 'never' : timeOf(key.usedAt),
        key.revokedAt === undefined
          ? html`<form method="post" action="/access/keys/${key.id}/revoke"><button>Revoke</button></form>`
          : 'revoked',
      ]),
      'There is no API key.',
    )}
    <h3>Make a key</h3>
    <form method="post" action="/access/keys" class="fields" autocomplete="off">
      <label>Name <small>what uses it</small><input name="name" required maxlength="100" /></label>
      <label
        >Expires in days <small>empty: never</small><input name="expiresInDays" inputmode="numeric" value="365"
      /></label>
      <label>Sees <small>labels; empty: everything</small><input name="sees" /></label>
      <label>Sets labels <small>on what it stores</small><input name="setsLabels" /></label>
      <label>From <small>addresses or networks; empty: everywhere</small><input name="networks" /></label>
      <fieldset>
        <legend>May</legend>
        ${PERMISSIONS.map(
          (one) => html`<label><input type="checkbox" name="permissions" value="${one}" /> ${one}</label>`,
        )}
      </fieldset>
      <button>Make the key</button>
    </form>
  </section>`;
}

function links(entries: readonly ShareLinkEntry[]): Html {
  return html`<section aria-labelledby="links">
    <h2 id="links">Links to one study</h2>
    ${table(
      ['Study', 'Made by', 'Expires', 'Opened', ''],
      entries.map(({ id, StudyInstanceUID, madeBy, expiresAt, uses, maxUses }) => [
        html`<code>${StudyInstanceUID}</code>`,
        madeBy,
        timeOf(expiresAt),
        maxUses === null ? `${uses} times` : `${uses} of ${maxUses} times`,
        html`<form method="post" action="/access/links/${id}/revoke"><button>Revoke</button></form>`,
      ]),
      'There is no link.',
    )}
    <h3>Make a link</h3>
    <form method="post" action="/access/links" class="fields" autocomplete="off">
      <label>Study Instance UID<input name="StudyInstanceUID" required maxlength="64" pattern="[0-9.]+" /></label>
      <label>Hours <small>at most 168</small><input name="hours" inputmode="numeric" required value="24" /></label>
      <label
        >How often it can be opened <small>empty: as often as one likes</small><input name="uses" inputmode="numeric"
      /></label>
      <button>Make the link</button>
    </form>
  </section>`;
}
