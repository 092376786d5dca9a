import type { InstanceBodies } from '../catalog/catalog.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import type { Body } from '../ledger/ledger.js';

/** Bodies on the chain as the text that the catalogue keeps of them. */
export function bodyText(body: Body | readonly Body[] | readonly Hex[]): string {
  return JSON.stringify(body);
}

/** The body of an instance, of what the catalogue keeps: as it was announced, with its pages once it is sealed. */
export function bodyOfTexts({ body, pages }: Pick<InstanceBodies, 'body' | 'pages'>): Body {
  const announced = JSON.parse(body) as Body;
  return pages === undefined ? announced : { ...announced, list: JSON.parse(pages) as Hex[] };
}

/** Header and preview of an announcement. */
export function headerAndPreviewOfText(text: string): { header: Body; preview: Body } {
  const [header, preview] = JSON.parse(text) as [Body, Body];
  return { header, preview };
}
