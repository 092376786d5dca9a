import type { Hex } from '../ethereum/hex.js';
import { rejectionReason } from '../../standard/rejection-reason.js';
import { type ConsortiumAt, lower } from './consortium-events.js';
import { createConsortiumReader } from './consortium-reader.js';
import type { CallValue, GovernedCall, Proposable } from './decode-call.js';
import { issuerHashOf } from './read-rulings.js';
import { ROLES } from './read-sites.js';
import { shownText } from './shown-text.js';
import { timeInWords } from './time-in-words.js';

/** A call as `name(parameter = value, …)`; texts are quoted, with every sign that does not show itself spelled out. */
export function callAsFunction({ name, values }: GovernedCall): string {
  const shown = (key: string, value: CallValue): string => {
    if (typeof value === 'object') return `[${value.join(', ')}]`;
    return key === 'name' ? shownText(value as string) : String(value);
  };
  const parameters = Object.entries(values).map(([key, value]) => `${key} = ${shown(key, value)}`);
  return `${name}(${parameters.join(', ')})`;
}

/** What the words need of the chain. */
interface Facts {
  /** `site 2 "South"`. */
  site: (value: CallValue | undefined) => Promise<string>;
  /** `0x… (a writer of site 2 "South")`. */
  account: (value: CallValue | undefined) => Promise<string>;
  /** The name of an issuer, if somebody gave the one that has this hash. */
  issuer: (value: CallValue | undefined) => string;
}

type Values = Readonly<Record<string, CallValue>>;

const time = (value: CallValue | undefined): string => timeInWords(Number(value));

/** What each function does, for who has to judge it. */
const WORDS: Record<Proposable, (values: Values, facts: Facts) => Promise<string>> = {
  admitSite: async ({ name, champions }, { account }) => {
    const named = await Promise.all((champions as Hex[]).map(account));
    const who =
      named.length === 0 ? 'Nobody is its champion yet' : `Its champions can be ${named.join(', ')}, who join`;
    return `A new site ${shownText(name as string)} may store. ${who}.`;
  },
  renameSite: async ({ siteId, name }, { site }) =>
    `${await site(siteId)} is called ${shownText(name as string)} at every site.`,
  dismissSite: async ({ siteId, hiddenSince }, { site }) =>
    `${await site(siteId)} may do nothing any more. Its images stay; ` +
    (hiddenSince === 0n
      ? 'none of them is hidden.'
      : `those that it has announced since ${time(hiddenSince)} are hidden at all other sites.`),
  readmitSite: async ({ siteId }, { site }) => `${await site(siteId)} may act again, and nothing of it is hidden.`,
  nameChampion: async ({ siteId, account: named }, { site, account }) =>
    `${await account(named)} can join ${await site(siteId)} as a champion: it names writers, publishes the card and approves erasures.`,
  removeAccountOf: async ({ siteId, account: removed }, { site, account }) =>
    `${await account(removed)} acts for ${await site(siteId)} no more.`,
  addGovernor: async ({ account: added }, { account }) => `${await account(added)} becomes a governor.`,
  removeGovernor: async ({ account: removed }, { account }) => `${await account(removed)} governs no more.`,
  replaceGovernor: async ({ account: replaced, successor }, { account }) =>
    `${await account(successor)} becomes a governor in place of ${await account(replaced)}.`,
  allowErasures: async ({ siteId, studiesPerDay, until }, { site }) =>
    `${await site(siteId)} may order the erasure of ${studiesPerDay as bigint} studies a day until ${time(until)}, instead of 100.`,
  assignIssuer: async ({ issuerHash, siteId }, { site, issuer }) =>
    siteId === 0n
      ? `Nobody speaks for the issuer of patient IDs ${issuer(issuerHash)} any more.`
      : `${await site(siteId)} speaks for the issuer of patient IDs ${issuer(issuerHash)}: the headers of others that name it go to quarantine.`,
  rule: ({ images, imageId, code }) =>
    Promise.resolve(
      code === 0n
        ? `Image ${imageId as Hex} of ${images as Hex} is in use again.`
        : `Image ${imageId as Hex} of ${images as Hex} is retired at every site: ${rejectionReason({ code: String(code), scheme: 'DCM' }) ?? `by code ${code as bigint}, which is no reason of CID 7011: it cannot be carried out`}.`,
    ),
};

/** What a call does, in a sentence or two, with the names that the chain has. `issuers` are names that an issuer may have. */
export async function callInWords(
  at: ConsortiumAt,
  { name, values }: GovernedCall,
  { issuers = [] }: { issuers?: readonly string[] } = {},
): Promise<string> {
  const reader = createConsortiumReader(at.rpc, at.consortium);
  const site: Facts['site'] = async (value) => {
    const siteId = Number(value);
    const { name: siteName } = await reader.read('getSite', siteId);
    return siteName === '' ? `site ${siteId}, which does not exist,` : `site ${siteId} ${shownText(String(siteName))}`;
  };
  const account: Facts['account'] = async (value) => {
    const who = lower(value);
    const [[siteId, role], [isGovernor]] = await Promise.all([reader.read('getAccount', who), reader.read('isGovernor', who)]); // prettier-ignore
    if (isGovernor) return `${who} (a governor)`;
    return Number(siteId) === 0 ? who : `${who} (a ${ROLES[Number(role)]} of ${await site(siteId as bigint)})`;
  };
  const issuer: Facts['issuer'] = (value) => {
    const known = issuers.find((one) => issuerHashOf(one) === value);
    return known === undefined ? `whose name has the hash ${value as Hex}` : shownText(known);
  };
  const words = await WORDS[name](values, { site, account, issuer });
  return words.charAt(0).toUpperCase() + words.slice(1);
}
