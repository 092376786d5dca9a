import { integer, list, setting } from './base/setting.js';

const KiB = 1024;
const MiB = 1024 * KiB;

/** As the contract counts sites: uint32, from 1. */
const MAX_SITE = 2 ** 32 - 1;

function siteNumber(text: string): number {
  const number = Number(text);
  if (!/^[1-9]\d*$/.test(text) || number > MAX_SITE)
    throw new Error(`has "${text.slice(0, 40)}", which is no number of a site, as "dicom-ledger site list" gives them`);
  return number;
}

/** Numbers of sites, each once. */
function siteNumbers(value: string): number[] {
  const numbers = list(value).map(siteNumber);
  const twice = numbers.find((site, at) => numbers.indexOf(site) !== at);
  if (twice !== undefined) throw new Error(`names the site ${twice} twice`);
  return numbers;
}

/** The one site that speaks for an issuer, by the issuer as it stands in Issuer of Patient ID (0010,0021). */
function issuers(value: string): Map<string, number> {
  const sites = new Map<string, number>();
  for (const item of value.split(';').map((one) => one.trim())) {
    if (item === '') continue;
    const colon = item.indexOf(':');
    const issuer = item.slice(colon + 1).trim();
    if (colon < 0 || issuer === '')
      throw new Error(`has "${item.slice(0, 80)}", which is not the number of a site, a colon and an issuer`);
    const site = siteNumber(item.slice(0, colon).trim());
    const before = sites.get(issuer);
    if (before !== undefined && before !== site)
      throw new Error(
        `gives the issuer "${issuer.slice(0, 80)}" to the sites ${before} and ${site}; one speaks for it`,
      );
    sites.set(issuer, site);
  }
  return sites;
}

/** The number that a site has now, by the one that it had at a contract of release 1. */
function formerSites(value: string): Map<number, number> {
  const now = new Map<number, number>();
  for (const item of list(value)) {
    const [before = '', after = '', ...rest] = item.split('=').map((one) => one.trim());
    if (rest.length > 0 || after === '')
      throw new Error(`has "${item.slice(0, 80)}", which is not a former number of a site, =, and its number of now`);
    const [from, to] = [siteNumber(before), siteNumber(after)];
    if (now.has(from)) throw new Error(`names the former number ${from} twice`);
    if ([...now.values()].includes(to)) throw new Error(`gives the number ${to} to two sites`);
    now.set(from, to);
  }
  return now;
}

/** The settings of what this site takes from the other members of its consortium. */
export const MEMBER_SETTINGS = {
  SITE_ORDER: setting(
    siteNumbers,
    '',
    'list of site numbers',
    'Of a study that several other sites announce under one UID, the first of these is shown; then by their numbers. What this site has itself goes before.',
  ),
  SHOW_ADDITIONS: setting(
    siteNumbers,
    '',
    'list of site numbers',
    'Series that these sites have under the UID of a study are found in the study that is shown, with the name of the site before their descriptions; in release 2 where the site of the study has said so on the chain too.',
  ),
  SHARE: setting(
    siteNumbers,
    '',
    'list of site numbers',
    'Sites that can read what is stored from now on. It is stored for a new site once that has acknowledged the keys (docs/operations/sharing.md).',
  ),
  FORMER_SITES: setting(
    formerSites,
    '',
    'list of pairs of site numbers',
    'Where LEDGER_CONTRACT names a contract of release 1 besides the present one: the number that each site had there, and has now: `1=1, 2=3`.',
  ),
  ISSUERS: setting(
    issuers,
    '',
    'list of issuers',
    'Release 1: which site speaks for which issuer of patient IDs: `1:North Hospital; 2:South Clinic`. Of another site, such a patient goes to the quarantine. In release 2 the governors say so on the chain.',
  ),
  MAX_HEADER_BYTES: setting(
    integer(64 * KiB, 64 * MiB),
    String(2 * MiB),
    'bytes',
    'Largest header, unpacked, that is read of what other sites announce; what is larger goes to the quarantine.',
  ),
  RETIREMENTS_PER_HOUR: setting(
    integer(0, 1_000_000),
    '100',
    'images',
    'When one site retires more in an hour, none of that hour has effect here before an admin accepts them.',
  ),
} as const;
