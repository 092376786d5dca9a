import type { Response } from 'express';
import { html } from '../pages/html.js';
import { sendPage } from '../pages/layout.js';

export interface PasswordPage {
  /** The origin of the viewer elsewhere for which somebody logs in; undefined for this server itself. */
  clientId?: string | undefined;
  login?: string;
  /** Whether a password of one's own has to be chosen now. */
  mustChange?: boolean;
  /** What was wrong with the last attempt. */
  fault?: string | undefined;
}

/** The page on which somebody with an account of this server writes name and password. */
export function sendPasswordPage(response: Response, { clientId, login = '', mustChange, fault }: PasswordPage): void {
  sendPage(response, {
    title: 'Log in',
    formsLeadTo: clientId === undefined ? [] : [clientId],
    body: html`<div class="narrow">
      <h1>Log in</h1>
      ${clientId !== undefined && html`<p>You will be logged in at <strong>${clientId}</strong>.</p>`}
      ${mustChange === true && html`<p class="notice">Choose a password of your own now: at least 12 characters.</p>`}
      ${fault && html`<p class="fault" role="alert">${fault}</p>`}
      <form method="post" class="fields">
        <label
          >Name
          <input
            name="login"
            value="${login}"
            required
            maxlength="100"
            autocomplete="username"
            autocapitalize="none"
            spellcheck="false"
        /></label>
        <label
          >${mustChange === true ? 'Password from before' : 'Password'}
          <input name="password" type="password" required maxlength="256" autocomplete="current-password"
        /></label>
        ${
          mustChange === true &&
          html`<label
            >New password
            <input name="new" type="password" required minlength="12" maxlength="256" autocomplete="new-password"
          /></label>`
        }
        <button>Log in</button>
      </form>
    </div>`,
  });
}
