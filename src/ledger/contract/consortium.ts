import { LedgerError, type ErrorCode } from '../../base/errors.js';
import { encodeCall, createImageLedger } from './image-ledger.js';
import { GOVERNOR_ROLE, listGovernors, listSites, type MemberSite } from './member-sites.js';
import type { Hex } from '../ethereum/hex.js';
import { requireReleased } from './releases.js';
import type { Rpc } from '../rpc/rpc.js';
import { accountOf } from '../keys/sign.js';
import { giveRations } from './give-rations.js';
import { GOVERNOR_RATIONS, RATION_SECONDS, rationOf } from './ration.js';
import { TRANSFER_GAS, transact } from './transact.js';

/**
 * What governors do at a contract. Each change resolves once a block has it and the contract shows it; what is so already is
 * not sent. They reject with `site-not-admitted` for an account that may not, `chain-refused` for what the contract's rules
 * forbid, `unavailable` when no block comes. Calls at once are sent one after the other.
 */
export interface Consortium {
  /** The account that signs. */
  readonly account: Hex;
  /** Returns the site's number; accounts without gas get a ration of the governor's (`rationOf`). At least one account. */
  admitSite(parameters: { name: string; accounts: readonly Hex[] }): Promise<number>;
  /** Its images stay; it stores no more. */
  dismissSite(siteId: number): Promise<void>;
  /** By a governor or by another account of the site; an account without gas gets a ration. */
  addSiteAccount(siteId: number, account: Hex): Promise<void>;
  /** By a governor or by an account of the site. What this account has signed and no block has taken is void then. */
  removeSiteAccount(siteId: number, account: Hex): Promise<void>;
  /** Gives an account gas for so many hours of full blocks, whatever it has; at most what the governor has. */
  fundAccount(account: Hex, hours: number): Promise<void>;
  listSites(): Promise<MemberSite[]>;
  listGovernors(): Promise<Hex[]>;
  /** A governor without gas gets rations to give away: as many as one of the genesis, or half of this one's. */
  addGovernor(account: Hex): Promise<void>;
  /** Also oneself; never the last. */
  removeGovernor(account: Hex): Promise<void>;
}

export interface ConsortiumParameters {
  contract: Hex;
  /** Of a governor, in a command line; no server has it. */
  governorKey: Buffer;
  /** How long to wait for each block. */
  timeoutMs?: number;
  /** For how many seconds an account that gets gas can fill all blocks; an hour unless given. */
  rationSeconds?: number;
}

const CALL_GAS = 500_000n;
const ACCOUNT_GAS = 100_000n;

/** Throws `misconfigured` when there is no released contract at the address. */
export async function createConsortium({ rpc }: { rpc: Rpc }, parameters: ConsortiumParameters): Promise<Consortium> {
  const { governorKey: key, timeoutMs, rationSeconds } = parameters;
  const contract = parameters.contract.toLowerCase() as Hex;
  await requireReleased(rpc, [contract]);
  const reader = createImageLedger(rpc, contract);
  const account = accountOf(key);
  const waiting = timeoutMs === undefined ? {} : { timeoutMs };
  const isGovernor = async (who: Hex): Promise<boolean> =>
    Boolean((await reader.read('hasRole', GOVERNOR_ROLE, who))[0]);
  const accountCountOf = async (siteId: number): Promise<number> => Number((await reader.read('getSite', siteId))[2]);

  async function change(name: string, values: unknown[], isDone: () => Promise<boolean>): Promise<void> {
    const data = encodeCall(name, ...values);
    const simulate = (): Promise<void> =>
      reader.simulate(name, data, account).catch((error: unknown) => {
        throw inWords(error, contract);
      });
    await simulate();
    const gasLimit = CALL_GAS + ACCOUNT_GAS * BigInt(values.flat().length);
    await transact({ rpc }, { key, to: contract, data, gasLimit, ...waiting });
    if (await isDone()) return;
    await simulate();
    throw new LedgerError('chain-refused', `A block took ${name} at ${contract} without effect: repeat the command.`, {
      details: { reason: `${name} had no effect` },
      retryable: true,
    });
  }

  const fund = (to: Hex, rations: bigint): Promise<void> =>
    giveRations({ rpc }, { key, to, rations, rationSeconds, ...waiting });

  let last: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  }

  return {
    account,
    admitSite: ({ name, accounts }) =>
      inTurn(async () => {
        const [first] = accounts;
        if (first === undefined)
          throw new LedgerError('bad-request', `Site "${name}" needs an account that it signs with.`);
        const siteOf = (): Promise<number> => reader.siteOf(first);
        const owners = new Set(await Promise.all(accounts.map((one) => reader.siteOf(one))));
        const known = await siteOf();
        if (known === 0 || owners.size > 1 || (await reader.siteName(known)) !== name)
          await change('admitSite', [name, accounts], async () => (await siteOf()) > 0);
        for (const one of accounts) await fund(one, 1n);
        return siteOf();
      }),
    dismissSite: (siteId) =>
      inTurn(() => change('dismissSite', [siteId], async () => (await reader.read('getSite', siteId))[1] === false)),
    addSiteAccount: (siteId, added) =>
      inTurn(async () => {
        const isDone = async (): Promise<boolean> => (await reader.siteOf(added)) === siteId;
        if (!(await isDone())) await change('addSiteAccount', [siteId, added], isDone);
        await fund(added, 1n);
      }),
    removeSiteAccount: (siteId, removed) =>
      inTurn(async () => {
        const before = await accountCountOf(siteId);
        await change('removeSiteAccount', [siteId, removed], async () => (await accountCountOf(siteId)) < before);
      }),
    fundAccount: (funded, hours) =>
      inTurn(async () => {
        const value = await rationOf(rpc, hours * RATION_SECONDS);
        if (value > 0n) await transact({ rpc }, { key, to: funded, value, gasLimit: TRANSFER_GAS, ...waiting });
      }),
    listSites: () => listSites({ rpc }, { contract }),
    listGovernors: () => listGovernors({ rpc }, { contract }),
    addGovernor: (added) =>
      inTurn(async () => {
        if (!(await isGovernor(added))) await change('grantRole', [GOVERNOR_ROLE, added], () => isGovernor(added));
        await fund(added, GOVERNOR_RATIONS);
      }),
    removeGovernor: (removed) =>
      inTurn(async () => {
        if (!(await isGovernor(removed)))
          throw new LedgerError('bad-request', `${removed} is no governor: "dicom-ledger governor list" names them.`);
        await change('revokeRole', [GOVERNOR_ROLE, removed], async () => !(await isGovernor(removed)));
      }),
  };
}

type Values = Record<string, unknown>;

/** What a person does about each refusal of the contract. */
const SENTENCES: Record<string, (values: Values, contract: Hex) => string> = {
  AccessControlUnauthorizedAccount: ({ account }, contract) =>
    `${account as string} may not do this: it is no governor of ${contract}, nor an account of that site. "dicom-ledger governor list" names the governors.`,
  AccountInUse: ({ account, siteId }) =>
    `The account ${account as string} is of site ${siteId as string} already: make another with "dicom-ledger key new", or let site ${siteId as string} give it up ("dicom-ledger site rotate-key ${siteId as string} --remove").`,
  UnknownSite: ({ siteId }) => `There is no admitted site ${siteId as string}: "dicom-ledger site list" names them.`,
  NotTheSitesAccount: ({ account, siteId }) =>
    `The account ${account as string} is none of site ${siteId as string}: "dicom-ledger site list" names them.`,
  NameEmpty: () => 'A site needs a name.',
  LastGovernor: ({ account }) =>
    `${account as string} is the last governor, and the last cannot leave: add another first with "dicom-ledger governor add".`,
};

function inWords(error: unknown, contract: Hex): unknown {
  if (!(error instanceof LedgerError)) return error;
  const reason = error.details.reason as string;
  const sentence = SENTENCES[reason]?.(error.details, contract);
  if (sentence === undefined) return error;
  const code: ErrorCode = reason === 'AccessControlUnauthorizedAccount' ? 'site-not-admitted' : error.code;
  return new LedgerError(code, sentence, { details: error.details, cause: error });
}
