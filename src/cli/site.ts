import { LedgerError } from '../base/errors.js';
import type { MemberSite } from '../ledger/contract/member-sites.js';
import type { ConsortiumSite } from '../ledger/consortium/read-sites.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { asAccount, asMember, atConsortium, atContract, type SigningHere } from './at-consortium.js';
import type { ContractOptions, GovernorOptions } from './chain-options.js';
import { propose } from './proposal.js';

const encoder = async () => (await import('../ledger/consortium/decode-call.js')).encodeCall;

export async function admitSite(
  name: string,
  { account: accounts, champion: champions, ...options }: GovernorOptions & { account?: Hex[]; champion?: Hex[] },
): Promise<void> {
  const { contract } = options;
  await asAccount(options, {
    release1: async (consortium) => {
      if (!accounts || champions)
        throw refused('A site of this contract (release 1) needs --account, and has no champions.');
      const siteId = await consortium.admitSite({ name, accounts });
      console.log(
        `"${name}" is site ${siteId} with account ${accounts.join(', ')}. Its server needs LEDGER_URL, LEDGER_CONTRACT=${contract}, ` +
          'SITE_KEYSTORE_FILE, SITE_PASSWORD_FILE and CONSORTIUM_KEY_FILE.',
      );
    },
    release2: async (here) => {
      if (!champions || accounts)
        throw refused('A site of this consortium needs --champion <address>; its champion names its writers ("dicom-ledger site name-writer").'); // prettier-ignore
      const { state } = await propose(here, (await encoder())('admitSite', name, champions));
      if (state === 'executed') await sayHowToJoin(here);
    },
  });
}

async function sayHowToJoin(here: SigningHere): Promise<void> {
  const { readSites } = await import('../ledger/consortium/read-sites.js');
  const siteId = (await readSites(here)).at(-1)!.siteId;
  console.error(`It is site ${siteId}. Its champion runs "dicom-ledger site join ${siteId}", then "dicom-ledger site name-writer <address of the server's key>".`); // prettier-ignore
}

export async function dismissSite(
  siteId: number,
  { hiddenSince, ...options }: GovernorOptions & { hiddenSince?: number },
): Promise<void> {
  await asAccount(options, {
    release1: async (consortium) => {
      if (hiddenSince !== undefined) throw refused('Release 1 hides nothing: leave out --hidden-since.');
      await consortium.dismissSite(siteId);
      console.log(`Site ${siteId} is dismissed: it stores no more; its images stay.`);
    },
    release2: async (here) => void (await propose(here, (await encoder())('dismissSite', siteId, hiddenSince ?? 0))),
  });
}

/** What governors decide about a site of release 2. */
export function proposeForSite(
  name: 'renameSite' | 'readmitSite' | 'nameChampion',
  siteId: number,
  values: readonly unknown[],
  options: GovernorOptions,
): Promise<void> {
  return asMember(options, async (here) => void (await propose(here, (await encoder())(name, siteId, ...values))));
}

/** A champion removes a writer of its own site at once; what a governor asks for becomes a proposal. */
export async function removeAccount(siteId: number, removed: Hex, options: GovernorOptions): Promise<void> {
  await asMember(options, async (here) => {
    const { readGovernors } = await import('../ledger/consortium/read-governors.js');
    if ((await readGovernors(here)).includes(here.as.account))
      return void (await propose(here, (await encoder())('removeAccountOf', siteId, removed)));
    await here.as.removeAccount(removed);
    console.log(`${removed} acts for site ${siteId} no more, and cannot join it.`);
  });
}

export async function nameAccount(account: Hex, role: 'writer' | 'champion', options: GovernorOptions): Promise<void> {
  await asMember(options, async ({ as }) => {
    await as.nameAccount(account, role);
    console.log(`${account} can join as a ${role}: whoever has its key runs "dicom-ledger site join".`);
  });
}

export async function joinSite(siteId: number, options: GovernorOptions): Promise<void> {
  await asMember(options, async ({ as }) => {
    const role = await as.join(siteId);
    console.log(`${as.account} is a ${role} of site ${siteId}.`);
  });
}

export async function leaveSite(options: GovernorOptions): Promise<void> {
  await asMember(options, async ({ as }) => {
    await as.leave();
    console.log(`${as.account} acts for no site any more.`);
  });
}

export async function fundAccount(
  account: Hex,
  { hours, ...options }: GovernorOptions & { hours: number },
): Promise<void> {
  await asAccount(options, {
    release1: (consortium) => consortium.fundAccount(account, hours),
    release2: ({ as }) => as.fundAccount(account, hours),
  });
  console.log(`${account} can pay for ${hours} hours of full blocks more.`);
}

/** A line a site: number, name, state, accounts. */
export async function showSites(options: ContractOptions): Promise<void> {
  const lines = await atContract(options, {
    release1: async (at) => {
      const { listSites } = await import('../ledger/contract/member-sites.js');
      return (await listSites(at, at)).map(lineOf);
    },
    release2: async (at) => {
      const { readSites } = await import('../ledger/consortium/read-sites.js');
      const { timeInWords } = await import('../ledger/consortium/time-in-words.js');
      return (await readSites(at)).map((site) => lineOfMember(site, timeInWords));
    },
  });
  for (const line of lines) console.log(line);
  if (lines.length === 0) console.error(`No site is admitted to ${options.contract} yet: "dicom-ledger site admit" does that.`); // prettier-ignore
}

function lineOf({ siteId, name, admitted, accountCount, accounts }: MemberSite): string {
  const shown = accounts?.join(',') ?? `${accountCount} accounts`;
  return [siteId, name, admitted ? 'admitted' : 'dismissed', shown].join('\t');
}

function lineOfMember(site: ConsortiumSite, timeInWords: (seconds: number) => string): string {
  const { siteId, name, admitted, hiddenSince, writerCount, championCount, accounts, card } = site;
  const hidden = hiddenSince > 0 ? `, hidden since ${timeInWords(hiddenSince)}` : '';
  const shown = accounts?.map(({ account, role, hasJoined }) => `${hasJoined ? '' : 'named '}${role} ${account}`);
  const counted = `${writerCount} writers, ${championCount} champions`;
  const cards = card === undefined ? 'no card' : `card ${card.url === '' ? 'by file' : card.url}`;
  return [siteId, name, `${admitted ? 'admitted' : 'dismissed'}${hidden}`, shown?.join(',') ?? counted, cards].join(
    '\t',
  );
}

/** A line a ring, and one for each share of it. */
export function showRings(siteId: number, options: ContractOptions): Promise<void> {
  return atConsortium(options, async (here) => {
    const { readRings } = await import('../ledger/consortium/read-rings.js');
    const rings = await readRings(here, siteId);
    for (const { ringId, openedBy, shares } of rings) {
      console.log(`${ringId}\topened by ${openedBy}`);
      for (const { toSite, studyKey, mayAdd } of shares)
        console.log(`${ringId}\tsite ${toSite}\t${studyKey === 0n ? 'all' : `study ${studyKey}`}${mayAdd ? ', may add' : ''}`); // prettier-ignore
    }
    if (rings.length === 0) console.error(`Site ${siteId} has opened no ring.`);
  });
}

export async function rotateKey(
  siteId: number,
  { add, remove, ...options }: GovernorOptions & { add?: Hex; remove?: Hex },
): Promise<void> {
  if ((add === undefined) === (remove === undefined))
    throw refused('Give --add with the new account; when the server runs with its keystore, give --remove with the old one.'); // prettier-ignore
  await asAccount(options, {
    release1: async (consortium) => {
      if (add !== undefined) {
        await consortium.addSiteAccount(siteId, add);
        console.log(
          `${add} is of site ${siteId}, too. Start the site's server with its keystore (SITE_KEYSTORE_FILE); when the old account ` +
            'has nothing on its way any more (/readyz, /metrics), give this command with --remove <old account>.',
        );
      } else if (remove !== undefined) {
        await consortium.removeSiteAccount(siteId, remove);
        console.log(`${remove} is no account of site ${siteId} any more.`);
        const left = (await consortium.listSites()).find((site) => site.siteId === siteId)?.accountCount;
        if (left === 0) console.error(`Site ${siteId} has no account left: it stores nothing until one is added.`);
      }
    },
    release2: () =>
      Promise.reject(
        refused('In release 2 a champion names the new writer ("dicom-ledger site name-writer"), which joins ("site join"); later the champion removes the old one ("site remove-account").'), // prettier-ignore
      ),
  });
}

function refused(message: string): LedgerError {
  return new LedgerError('bad-request', message);
}
