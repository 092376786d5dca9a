import type { Response } from 'express';
import type { Account } from '../../access/accounts/accounts.js';
import type { Principal } from '../../access/principal.js';
import { html, type Html } from '../pages/html.js';
import { sendPage } from '../pages/layout.js';

interface AccountsPage {
  entries: readonly Account[];
  principal: Principal;
  /** Whose password was just made: it is on the page this once. */
  made?: { account: Account; password: string } | undefined;
}

/** The page on which whoever runs the server makes, changes and disables accounts of people. */
export function sendAccountsPage(response: Response, { entries, principal, made }: AccountsPage): void {
  sendPage(response, {
    title: 'Accounts',
    principal,
    body: html`<h1>Accounts</h1>
      <p><a href="/access">Who is logged in, and keys</a></p>
      ${made && madeNotice(made.account, made.password)}
      <section aria-labelledby="people">
        <h2 id="people">People</h2>
        <div class="scroll">
          <table class="cards">
            <thead>
              <tr>
                ${HEADINGS.map((heading) => html`<th scope="col">${heading}</th>`)}
              </tr>
            </thead>
            <tbody>
              ${entries.map(rowOf)}
            </tbody>
          </table>
        </div>
      </section>
      <section aria-labelledby="new">
        <h2 id="new">Make an account</h2>
        <form method="post" action="/access/accounts" class="fields" autocomplete="off">
          <label
            >Login <small>what the person writes to log in</small
            ><input name="login" required maxlength="64" autocapitalize="none"
          /></label>
          <label>Name<input name="name" required maxlength="100" /></label>
          <label
            >Roles <small>of the roles file, or read, write, retire, audit, admin; with commas</small
            ><input name="roles" required value="read"
          /></label>
          <button>Make the account</button>
        </form>
      </section>`,
  });
}

const HEADINGS = ['Name', 'Login', 'Roles', 'State', ''];

function rowOf({ login, name, roles, isDisabled, mustChange }: Account): Html {
  const state = isDisabled ? 'disabled' : mustChange ? 'has not logged in yet' : 'in use';
  const cells = [
    name,
    html`<code>${login}</code>`,
    html`<form method="post" action="/access/accounts/${login}">
      <input name="roles" value="${roles.join(', ')}" required aria-label="Roles of ${name}" /> <button>Change</button>
    </form>`,
    state,
    html`<form method="post" action="/access/accounts/${login}">
      <button name="password" value="new">New password</button>
      <button name="disabled" value="${isDisabled ? 'no' : 'yes'}">${isDisabled ? 'Enable' : 'Disable'}</button>
    </form>`,
  ];
  return html`<tr>
    ${cells.map((cell, at) => html`<td data-label="${HEADINGS[at]}"><div>${cell}</div></td>`)}
  </tr>`;
}

function madeNotice({ name, login }: Account, password: string): Html {
  return html`<div class="notice" role="status">
    <p>
      The password of ${name} (<code>${login}</code>) to begin with. Hand it over now: it is shown this once, kept
      nowhere, and has to be changed at the first login.
    </p>
    <code class="secret" id="secret">${password}</code>
  </div>`;
}
