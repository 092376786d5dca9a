import type { Response } from 'express';
import { EMERGENCY_MINUTES, type Emergency } from '../../access/emergency.js';
import type { Principal } from '../../access/principal.js';
import { html, type Html } from '../pages/html.js';
import { sendPage } from '../pages/layout.js';

export const MIN_REASON_CHARACTERS = 5;
export const MAX_REASON_CHARACTERS = 500;

const MEANING: Record<Emergency['purpose'], string> = {
  ETREAT: 'To treat somebody in an emergency',
  BTG: 'For another reason that cannot wait',
};

interface EmergencyPage {
  principal: Principal;
  /** What was wrong with what was sent, and the reason that it had. */
  fault?: string;
  reason?: string;
}

/** The page on which one who may break the glass opens an emergency, and sees the one that lasts. */
export function sendEmergencyPage(response: Response, { principal, fault, reason }: EmergencyPage): void {
  const { emergency } = principal;
  sendPage(response, {
    title: 'Emergency',
    principal,
    body: html`<div class="narrow">
      <h1>Emergency</h1>
      ${emergency === undefined ? form(fault, reason) : lasting(emergency)}
    </div>`,
  });
}

function form(fault: string | undefined, reason: string | undefined): Html {
  return html`<p>
      You see some of the studies only. In an emergency you can see all of them, for ${EMERGENCY_MINUTES} minutes, in
      this browser alone.
    </p>
    <p>
      Your name, the reason, and each study that you look at are put on record. Whoever runs this server is told at
      once.
    </p>
    ${fault && html`<p class="fault" role="alert">${fault}</p>`}
    <form method="post" action="/emergency" class="fields" autocomplete="off">
      <fieldset>
        <legend>What for</legend>
        ${Object.entries(MEANING).map(
          ([purpose, meaning]) =>
            html`<label><input type="radio" name="purpose" value="${purpose}" required /> ${meaning}</label>`,
        )}
      </fieldset>
      <label class="wide"
        >Reason <small>${MIN_REASON_CHARACTERS} to ${MAX_REASON_CHARACTERS} characters</small>
        <textarea
          name="reason"
          rows="3"
          required
          minlength="${MIN_REASON_CHARACTERS}"
          maxlength="${MAX_REASON_CHARACTERS}"
        >
${reason}</textarea>
      </label>
      <button>Show everything</button>
    </form>`;
}

function lasting({ purpose, reason }: Emergency): Html {
  return html`<dl class="facts">
      <dt>What for</dt>
      <dd>${MEANING[purpose]}</dd>
      <dt>Reason</dt>
      <dd>${reason}</dd>
    </dl>
    <p>It ends by itself, when you log out, or by the button above.</p>
    <p><a class="button" href="/">Show the images</a></p>`;
}
