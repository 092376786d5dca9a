import { html, type Html } from './html.js';

/** A table, or the sentence `none` where it has no rows. On a narrow page each row is a card, so each cell knows its heading. */
export function table(headings: readonly string[], rows: readonly (readonly (Html | string)[])[], none: string): Html {
  if (rows.length === 0) return html`<p class="quiet">${none}</p>`;
  return html`<div class="scroll">
    <table class="cards">
      <thead>
        <tr>
          ${headings.map((heading) => html`<th scope="col">${heading}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (cells) =>
            html`<tr>
              ${cells.map((cell, at) => html`<td data-label="${headings[at]}"><div>${cell}</div></td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
