import { LedgerError } from '../../base/errors.js';
import { giveRations } from '../contract/give-rations.js';
import { GOVERNOR_RATIONS, RATION_SECONDS, rationOf } from '../contract/ration.js';
import { TRANSFER_GAS, transact } from '../contract/transact.js';
import type { Hex } from '../ethereum/hex.js';
import { accountOf } from '../keys/sign.js';
import { type ConsortiumAt, lower } from './consortium-events.js';
import { cardHash } from './read-cards.js';
import { createConsortiumReader, imagesInterface } from './consortium-reader.js';
import type { GovernedCall } from './decode-call.js';
import { readGovernors } from './read-governors.js';
import { type Proposal, readProposal, readProposals } from './read-proposals.js';
import { type Role, ROLES } from './read-sites.js';

/**
 * What an account does at a consortium: as a governor, as a champion, or for itself. Each promise resolves once a block has the
 * transaction and the contract shows its effect. They reject with `site-not-admitted` for an account that may not, `chain-refused` for
 * what the contract's rules forbid, in words, before anything is sent; `unavailable` when no block comes. One at a time.
 */
export interface ConsortiumAccount {
  /** The account that signs. */
  readonly account: Hex;

  /** Proposes a call, or approves the live proposal of the very same call. One governor of a trial executes it at once. */
  propose(call: GovernedCall): Promise<Proposal>;
  /** Approves what was read: `hash` is that of the call. */
  approve(id: number, hash: Hex): Promise<Proposal>;
  revoke(id: number): Promise<Proposal>;
  sendBack(id: number): Promise<Proposal>;
  /** Accounts that get a role by it get gas from this one. A ruling stands then, and is to be carried out. */
  execute(id: number): Promise<Proposal>;

  startReplacement(lost: Hex, successor: Hex): Promise<void>;
  objectToReplacement(lost: Hex): Promise<void>;
  /** The successor gets gas. */
  executeReplacement(lost: Hex): Promise<void>;
  cancelErasure(orderId: number): Promise<void>;
  /** Carries the newest ruling on an image out. Anyone may. */
  carryOut(images: Hex, imageId: Hex): Promise<void>;

  /** Publishes the card of this champion's site in place of the one before. */
  publishCard(card: CardToSend): Promise<void>;
  /** Lets an account join this champion's site; it gets gas. */
  nameAccount(account: Hex, role: Exclude<Role, 'none'>): Promise<void>;
  /** Removes a writer of this champion's site, or takes a naming back. */
  removeAccount(account: Hex): Promise<void>;
  /** Takes up the role that this account was named for. */
  join(siteId: number): Promise<Role>;
  leave(): Promise<void>;

  /** Gives an account gas for so many hours of full blocks, whatever it has. */
  fundAccount(account: Hex, hours: number): Promise<void>;
}

/** A card as it is sent. Without a URL letters go by file, and there is no pin. */
export interface CardToSend {
  url: string;
  certificatePin?: Hex | undefined;
  cardKey: Hex;
  readerVersion: number;
  servers: readonly Hex[];
}

export interface ConsortiumAccountParameters {
  consortium: Hex;
  /** No running server may use it. */
  key: Buffer;
  /** How long to wait for each block. */
  timeoutMs?: number;
  /** How long a ration lasts; an hour unless given. */
  rationSeconds?: number;
}

const ZERO_WORD = `0x${'00'.repeat(32)}` as const;
const CALL_GAS = 500_000n;
/** A byte of calldata, of an event and of memory, and what 20 bytes of an address may make the contract keep. */
const GAS_PER_BYTE = 1_500n;

export function createConsortiumAccount(
  { rpc }: Pick<ConsortiumAt, 'rpc'>,
  { consortium, key, timeoutMs, rationSeconds }: ConsortiumAccountParameters,
): ConsortiumAccount {
  const at: ConsortiumAt = { rpc, consortium };
  const account = accountOf(key);
  const reader = createConsortiumReader(rpc, consortium);
  const waiting = { key, ...(timeoutMs !== undefined && { timeoutMs }) };
  const fund = (to: Hex, rations: bigint): Promise<void> =>
    giveRations({ rpc }, { ...waiting, to, rations, rationSeconds });
  const seatOf = async (who: Hex): Promise<{ siteId: number; role: Role }> => {
    const [siteId, role] = await reader.read('getAccount', who);
    return { siteId: Number(siteId), role: ROLES[Number(role)]! };
  };
  const replacementOf = async (lost: Hex): Promise<Hex | undefined> => {
    const [successor, from] = await reader.read('getReplacement', lost);
    return Number(from) === 0 ? undefined : lower(successor);
  };

  /** Simulates, sends, and looks whether it had its effect; what another transaction has undone in between says why. */
  async function change(call: string, values: unknown[], isDone: () => Promise<boolean>, of = reader): Promise<void> {
    const data = of.encode(call, ...values);
    await of.simulate(call, data, account);
    const gasLimit = CALL_GAS + GAS_PER_BYTE * BigInt(data.length);
    await transact({ rpc }, { ...waiting, to: of.address, data, gasLimit });
    if (await isDone()) return;
    await of.simulate(call, data, account);
    throw new LedgerError('chain-refused', `A block took ${call} at ${of.address} without effect: repeat the command.`, { retryable: true }); // prettier-ignore
  }
  const hasApproved = async (id: number): Promise<boolean> =>
    Boolean((await reader.read('hasApproved', id, account))[0]);

  async function carryOut(images: Hex, imageId: Hex): Promise<void> {
    const of = createConsortiumReader(rpc, images, imagesInterface);
    const { number } = await reader.read('rulingOn', images, imageId);
    const isDone = async (): Promise<boolean> => {
      const [image] = await of.read('getImage', imageId);
      return (image as { ruling: bigint }).ruling === number;
    };
    await change('carryOut', [imageId], isDone, of);
  }

  /** Who got a role by an executed call gets gas. */
  async function fundNamed({ name, values }: GovernedCall): Promise<void> {
    const champions = name === 'admitSite' ? (values.champions as Hex[]) : name === 'nameChampion' ? [values.account as Hex] : []; // prettier-ignore
    for (const one of champions) await fund(one, 1n);
    if (name === 'addGovernor') await fund(values.account as Hex, GOVERNOR_RATIONS);
    if (name === 'replaceGovernor') await fund(values.successor as Hex, GOVERNOR_RATIONS);
  }

  async function execute(id: number): Promise<Proposal> {
    const { data, call } = await readProposal(at, id);
    const isDone = async (): Promise<boolean> => (await readProposal(at, id)).state === 'executed';
    await change('execute', [id, data], isDone);
    if (call) await fundNamed(call);
    return readProposal(at, id);
  }

  async function approve(id: number, hash: Hex): Promise<Proposal> {
    await change('approve', [id, hash], () => hasApproved(id));
    return readProposal(at, id);
  }

  /** The newest proposal of the same call about which something can still be done. */
  const findLive = async ({ hash }: GovernedCall): Promise<Proposal | undefined> =>
    (await readProposals(at, { onlyLive: true })).find((proposal) => proposal.hash === hash);

  async function propose(call: GovernedCall): Promise<Proposal> {
    let proposal = await findLive(call);
    if (proposal === undefined) {
      // As the consortium itself would call it: what would be refused today is not proposed.
      await reader.simulate(call.name, Buffer.from(call.data.slice(2), 'hex'), consortium);
      await change('propose', [call.data], async () => (proposal = await findLive(call)) !== undefined);
    } else if (!proposal.approvedBy.includes(account)) proposal = await approve(proposal.id, call.hash);
    const isAlone = proposal!.state === 'executable' && (await readGovernors(at)).length === 1;
    return isAlone ? execute(proposal!.id) : proposal!;
  }

  return {
    account,
    propose,
    approve,
    execute,
    carryOut,
    revoke: async (id) => {
      await change('revoke', [id], async () => !(await hasApproved(id)));
      return readProposal(at, id);
    },
    sendBack: async (id) => {
      await change('sendBack', [id], async () => (await readProposal(at, id)).sentBack);
      return readProposal(at, id);
    },

    startReplacement: (lost, successor) =>
      change('startReplacement', [lost, successor], async () => (await replacementOf(lost)) === successor),
    objectToReplacement: (lost) =>
      change('objectToReplacement', [lost], async () => (await replacementOf(lost)) === undefined),
    executeReplacement: async (lost) => {
      const successor = await replacementOf(lost);
      const isGovernor = async (): Promise<boolean> => (await readGovernors(at)).includes(successor!);
      await change('executeReplacement', [lost], isGovernor);
      await fund(successor!, GOVERNOR_RATIONS);
    },
    cancelErasure: (orderId) =>
      change('cancelErasure', [orderId], async () => Number((await reader.read('getErasure', orderId)).state) === 5),

    publishCard: async ({ certificatePin = ZERO_WORD, ...card }) => {
      const { siteId } = await seatOf(account);
      const whole = { ...card, certificatePin };
      await change(
        'publishCard',
        [whole],
        async () => lower((await reader.read('cardHashOf', siteId))[0]) === cardHash(whole),
      );
    },
    nameAccount: async (named, role) => {
      const number = ROLES.indexOf(role);
      const { siteId } = await seatOf(account);
      const isNamed = async (): Promise<boolean> =>
        Number((await reader.read('namedRole', siteId, named))[0]) === number;
      if (!(await isNamed())) await change('nameAccount', [named, number], isNamed);
      await fund(named, 1n);
    },
    removeAccount: (removed) =>
      change('removeAccount', [removed], async () => {
        const { siteId } = await seatOf(account);
        const named = Number((await reader.read('namedRole', siteId, removed))[0]);
        return named === 0 && (await seatOf(removed)).siteId !== siteId;
      }),
    join: async (siteId) => {
      if ((await seatOf(account)).siteId !== siteId)
        await change('join', [siteId], async () => (await seatOf(account)).siteId === siteId);
      return (await seatOf(account)).role;
    },
    leave: () => change('leaveSite', [], async () => (await seatOf(account)).siteId === 0),

    fundAccount: async (to, hours) => {
      const value = await rationOf(rpc, hours * RATION_SECONDS);
      if (value > 0n) await transact({ rpc }, { ...waiting, to, value, gasLimit: TRANSFER_GAS });
    },
  };
}
