import { toHex, type Hex } from '../ethereum/hex.js';
import { keccak256 } from '../ethereum/keccak256.js';
import { type ConsortiumAt, consortiumEvents, lower } from './consortium-events.js';

/** The newest ruling on an image. */
export interface Ruling {
  images: Hex;
  imageId: Hex;
  number: number;
  /** A reason of CID 7011; 0: it is restored. */
  code: number;
}

/** Who speaks for an issuer of patient IDs. */
export interface IssuerSite {
  /** keccak256 of its name in UTF-8: the chain has no names. */
  issuerHash: Hex;
  /** 0: nobody any more. */
  siteId: number;
}

export function issuerHashOf(issuer: string): Hex {
  return toHex(keccak256(Buffer.from(issuer, 'utf8')));
}

/** In the order in which an image was ruled on first. */
export async function readRulings(at: ConsortiumAt): Promise<Ruling[]> {
  const newest = new Map<string, Ruling>();
  for (const { values } of await consortiumEvents(at, ['Ruled'])) {
    const [images, imageId] = [lower(values.images), lower(values.imageId)];
    newest.set(`${images} ${imageId}`, { images, imageId, number: Number(values.number), code: Number(values.code) });
  }
  return [...newest.values()];
}

export async function readIssuers(at: ConsortiumAt): Promise<IssuerSite[]> {
  const events = await consortiumEvents(at, ['IssuerAssigned']);
  const assigned = new Map(events.map(({ values }) => [lower(values.issuerHash), Number(values.siteId)]));
  return [...assigned].map(([issuerHash, siteId]) => ({ issuerHash, siteId }));
}
