import { html, type Html } from './html.js';

/** A time on a page, to the minute: pages have no script that could know where their reader is, so it is UTC. */
export function timeOf(ms: number): Html {
  const text = new Date(ms).toISOString();
  return html`<time datetime="${text}">${text.slice(0, 10)} ${text.slice(11, 16)} UTC</time>`;
}
