import type { Body } from '../ledger/ledger.js';

/** An instance's body on the chain as the text that the catalogue keeps of it. */
export function bodyText(body: Body): string {
  return JSON.stringify(body);
}

/** The reverse of `bodyText`. */
export function bodyOfText(text: string): Body {
  return JSON.parse(text) as Body;
}
