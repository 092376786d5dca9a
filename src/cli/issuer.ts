import { asMember, atConsortium } from './at-consortium.js';
import type { ContractOptions, GovernorOptions } from './chain-options.js';
import { propose } from './proposal.js';

/** Proposes which site speaks for an issuer of patient IDs; 0: none any more. */
export function assignIssuer(issuer: string, siteId: number, options: GovernorOptions): Promise<void> {
  return asMember(options, async (here) => {
    const [{ encodeCall }, { issuerHashOf }] = await Promise.all([
      import('../ledger/consortium/decode-call.js'),
      import('../ledger/consortium/read-rulings.js'),
    ]);
    console.error(`The chain has the hash of the issuer's name only: tell the other governors that it is "${issuer}".`);
    await propose(here, encodeCall('assignIssuer', issuerHashOf(issuer), siteId));
  });
}

/** A line an issuer: the hash of its name, or the name if it is among those given, and its site. */
export function showIssuers({
  issuer: names = [],
  ...options
}: ContractOptions & { issuer?: string[] }): Promise<void> {
  return atConsortium(options, async (here) => {
    const { issuerHashOf, readIssuers } = await import('../ledger/consortium/read-rulings.js');
    const issuers = await readIssuers(here);
    for (const { issuerHash, siteId } of issuers)
      console.log(`${names.find((one) => issuerHashOf(one) === issuerHash) ?? issuerHash}\t${siteId === 0 ? 'nobody' : `site ${siteId}`}`); // prettier-ignore
    if (issuers.length === 0) console.error('No issuer of patient IDs is assigned.');
  });
}
