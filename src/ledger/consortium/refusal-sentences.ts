import type { Hex } from '../ethereum/hex.js';
import { timeInWords } from './time-in-words.js';

/** The values of a custom error, by name, as decimal numbers, hex and texts. */
export type RefusalValues = Readonly<Record<string, string>>;

type Sentence = (values: RefusalValues, contract: Hex) => string;

/** The contract's `ProposalState` and `ErasureState`, by number. */
export const PROPOSAL_STATES = ['unknown', 'open', 'waiting', 'executable', 'executed', 'expired', 'ended'] as const;
export const ERASURE_STATES = [
  ...['unknown', 'ordered', 'waiting', 'executable', 'executed', 'cancelled', 'expired'],
] as const;

const proposalState = (state: string | undefined): string => PROPOSAL_STATES[Number(state)] ?? `in state ${state}`;
const erasureState = (state: string | undefined): string => ERASURE_STATES[Number(state)] ?? `in state ${state}`;

/** What a person does about each refusal of the consortium. */
export const REFUSAL_SENTENCES: Readonly<Record<string, Sentence>> = {
  // Who may
  NotAGovernor: ({ account }, contract) =>
    `${account} is no governor of ${contract}: "dicom-ledger governor list" names them.`,
  NotAWriter: ({ account }, contract) => `${account} writes for no admitted site of ${contract}.`,
  NotAChampion: ({ account }, contract) =>
    `${account} is no champion of an admitted site of ${contract}: "dicom-ledger site list" names them.`,
  NotOfASite: ({ account }, contract) => `${account} is of no admitted site of ${contract}.`,
  MayNotCancel: ({ orderId, account }) =>
    `${account} may not cancel erasure ${orderId}: a champion of its site or a governor can.`,
  OnlyByProposal: ({ sender }) =>
    `Only a proposal that passed does that, not ${sender}: see "dicom-ledger proposal list".`,

  // Governors
  WaitOutOfRange: ({ seconds_, least, most }) =>
    `Changes wait for ${least} to ${most} seconds (72 hours to 14 days), not ${seconds_}; 0 is for trials.`,
  GovernorCountOutOfRange: ({ count, least, most }) =>
    `There have to be ${least} to ${most} governors, and that would make ${count}: add or replace one instead.`,
  AlreadyAGovernor: ({ account }) => `${account} is a governor: take an account that is none.`,
  ZeroAccount: () => 'The account is missing: give the address that "dicom-ledger key new" printed.',
  ReplacementOpen: ({ lost, successor }) =>
    `The replacement of ${lost} by ${successor} is open already: "dicom-ledger governor list" shows until when one can object.`,
  NoReplacement: ({ lost }) => `No replacement of ${lost} is open: "dicom-ledger governor list" shows those that are.`,
  ReplacementNotDue: ({ lost, executableFrom }) =>
    `${lost} can be replaced from ${timeInWords(Number(executableFrom))} on, if no governor objects until then.`,
  ReplacesItself: ({ account }) => `${account} cannot say that its own key is lost: another governor has to.`,

  // Proposals
  NotProposable: ({ selector }) => `The contract lets nobody propose a call with selector ${selector}.`,
  ProposalTooLong: ({ byteCount, maxBytes }) => `The call has ${byteCount} bytes; ${maxBytes} is the most.`,
  WrongProposalState: ({ id, state }) =>
    `Proposal ${id} is ${proposalState(state)}, so that cannot be done: see "dicom-ledger proposal show ${id}".`,
  WrongData: ({ id, proposed, given }) =>
    `Proposal ${id} is another than the one that was read: its call has hash ${proposed}, not ${given}. Look at it again: "dicom-ledger proposal show ${id}".`,
  AlreadyApproved: ({ id, account }) => `${account} has approved proposal ${id} already.`,
  NotApproved: ({ id, account }) => `${account} has not approved proposal ${id}, so there is nothing to revoke.`,
  ProposalDoesNotWait: ({ id }) => `Proposal ${id} is none of those that wait, so it cannot be sent back.`,
  AlreadySentBack: ({ id }) => `Proposal ${id} was sent back before; that can be done once.`,
  CallFailed: ({ id, refusal }) => `The call of proposal ${id} was refused: ${refusal}.`,

  // Sites
  UnknownSite: ({ siteId }) => `There is no admitted site ${siteId}: "dicom-ledger site list" names them.`,
  SiteNotDismissed: ({ siteId }) => `Site ${siteId} is not dismissed.`,
  HiddenTooFarBack: ({ hiddenSince, earliest }) =>
    `Images can be hidden from ${timeInWords(Number(earliest))} on, 90 days back, not from ${timeInWords(Number(hiddenSince))}.`,
  AccountInUse: ({ account, siteId }) =>
    `${account} acts for site ${siteId} already, and an account has one role: make another with "dicom-ledger key new", or let it leave first.`,
  NotNamed: ({ account, siteId }) =>
    `${account} was not named for site ${siteId}: a champion of that site has to name it first ("dicom-ledger site name-writer" or "name-champion").`,
  NotTheSitesAccount: ({ account, siteId }) =>
    `${account} is no account of site ${siteId}, nor named for it: "dicom-ledger site list" shows them.`,
  OnlyAProposalRemovesAChampion: ({ account, siteId }) =>
    `${account} is a champion, whom only governors remove: let one propose "dicom-ledger site remove-account ${siteId} ${account}".`,
  RoleOfNone: () => 'A writer or a champion can be named.',
  NameLengthOutOfRange: ({ byteCount, maxBytes }) =>
    `A site's name has 1 to ${maxBytes} bytes of UTF-8, not ${byteCount}.`,
  NameNotPlain: ({ offset }) =>
    `A site's name has no control or format characters and no space at its ends: look at byte ${offset}.`,
  UrlTooLong: ({ byteCount, maxBytes }) => `The URL has ${byteCount} bytes; ${maxBytes} is the most.`,
  UrlNotPlain: ({ offset }) => `The URL has to be https:// and printable ASCII without spaces: look at byte ${offset}.`,

  // Erasures and rulings
  WrongErasureState: ({ orderId, state }) =>
    `Erasure ${orderId} is ${erasureState(state)}, so that cannot be done: see "dicom-ledger erasure list".`,
  NoRuling: ({ imageId }) =>
    `There is no ruling on image ${imageId} that was not carried out: see "dicom-ledger ruling show ${imageId}".`,
  UnknownCode: ({ code }) => `${code} is no reason of a retirement (CID 7011): 113001, 113037, 113038 or 113039.`,
  WrongState: ({ imageId }) =>
    `Image ${imageId} is in no state in which that can be done: only a sealed one is retired.`,
};
