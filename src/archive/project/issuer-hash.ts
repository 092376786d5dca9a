import { LRUCache } from 'lru-cache';
import { issuerHashOf as hashOf } from '../../ledger/consortium/read-rulings.js';

/** A site has few issuers, and each instance names one. */
const hashes = new LRUCache<string, string>({ max: 1000 });

/** By what the chain knows an issuer of patient IDs. */
export function issuerHashOf(issuer: string): string {
  const known = hashes.get(issuer);
  if (known !== undefined) return known;
  const hash = hashOf(issuer);
  hashes.set(issuer, hash);
  return hash;
}
