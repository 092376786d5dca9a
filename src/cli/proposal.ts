import { LedgerError } from '../base/errors.js';
import type { GovernedCall } from '../ledger/consortium/decode-call.js';
import type { Proposal } from '../ledger/consortium/read-proposals.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { asMember, atConsortium, type ConsortiumHere, type SigningHere } from './at-consortium.js';
import type { ContractOptions, GovernorOptions } from './chain-options.js';
import { confirm } from './confirm.js';

interface Issuers {
  /** Names that the issuer of a proposal may have: the chain has its hash only. */
  issuer?: string[];
}

interface Approving extends Issuers {
  yes?: true;
  /** Of the call that was read elsewhere. */
  hash?: Hex;
}

/** A line a proposal: number, state, approvals, call. */
export function listProposals({ all, ...options }: ContractOptions & { all?: true }): Promise<void> {
  return atConsortium(options, async (here) => {
    const [{ readProposals }, { callAsFunction }] = await Promise.all([
      import('../ledger/consortium/read-proposals.js'),
      import('../ledger/consortium/call-in-words.js'),
    ]);
    const proposals = await readProposals(here, { onlyLive: !all });
    for (const { id, state, approvedBy, needed, call } of proposals)
      console.log(
        [id, state, `${approvedBy.length} of ${needed}`, call ? callAsFunction(call) : 'cannot be read'].join('\t'),
      );
    if (proposals.length === 0)
      console.error(all ? 'Nothing was ever proposed.' : 'Nothing is open; --all shows what was.');
  });
}

export function showProposal(id: number, options: ContractOptions & Issuers): Promise<void> {
  return atConsortium(options, async (here) => {
    const { readProposal } = await import('../ledger/consortium/read-proposals.js');
    const proposal = await readProposal(here, id);
    console.log((await linesOf(here, proposal, options)).join('\n'));
    await sayWhatRemains(here, proposal);
  });
}

/** Shows it, asks, and approves what was shown. */
export function approveProposal(id: number, options: GovernorOptions & Approving): Promise<void> {
  return asMember(options, async (here) => {
    const { hash } = await shown(here, id, options);
    if (options.hash !== undefined && options.hash !== hash)
      throw new LedgerError(
        'bad-request',
        `Proposal ${id} has a call with hash ${hash}, not ${options.hash}: it is another than the one that was read. Nothing was sent.`,
      );
    if (!options.yes) await confirm(`Approve proposal ${id}?`, String(id));
    await report(here, await here.as.approve(id, hash), `${here.as.account} has approved proposal ${id}.`);
  });
}

export function revokeApproval(id: number, options: GovernorOptions): Promise<void> {
  return asMember(options, async (here) =>
    report(here, await here.as.revoke(id), `${here.as.account} does not approve proposal ${id} any more.`),
  );
}

export function sendBackProposal(id: number, options: GovernorOptions): Promise<void> {
  return asMember(options, async (here) =>
    report(here, await here.as.sendBack(id), `Proposal ${id} is back at the vote; it cannot be sent back again.`),
  );
}

export function executeProposal(id: number, options: GovernorOptions & Issuers): Promise<void> {
  return asMember(options, async (here) => {
    await shown(here, id, options);
    const proposal = await here.as.execute(id);
    await report(here, proposal, `Proposal ${id} is executed.`);
    await carryOutRulingOf(here, proposal);
  });
}

/** Proposes a call and says what remains to be done; one governor of a trial has it executed at once. */
export async function propose(here: SigningHere, call: GovernedCall): Promise<Proposal> {
  const proposal = await here.as.propose(call);
  const { callInWords } = await import('../ledger/consortium/call-in-words.js');
  const done = proposal.state === 'executed' ? 'is executed' : 'stands';
  await report(here, proposal, `Proposal ${proposal.id} ${done}: ${await callInWords(here, call)}`);
  await carryOutRulingOf(here, proposal);
  return proposal;
}

/** A ruling that has just been decided is carried out at once, if the image is there. */
async function carryOutRulingOf({ as, images }: SigningHere, { state, call }: Proposal): Promise<void> {
  if (state !== 'executed' || call?.name !== 'rule' || call.values.images !== images) return;
  const imageId = call.values.imageId as Hex;
  try {
    await as.carryOut(call.values.images as Hex, imageId);
    console.log(`The ruling on image ${imageId} is carried out.`);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    console.error(`The ruling stands, and is not carried out yet. ${error.message} Later: dicom-ledger ruling carry-out ${imageId}`); // prettier-ignore
    process.exitCode = 1;
  }
}

/** Prints a proposal to standard error. Throws `bad-request` for one that a person cannot judge by what is shown. */
async function shown(here: ConsortiumHere, id: number, { issuer }: Issuers): Promise<Proposal> {
  const [{ readProposal }, { decodeCall }, { issuerHashOf }] = await Promise.all([
    import('../ledger/consortium/read-proposals.js'),
    import('../ledger/consortium/decode-call.js'),
    import('../ledger/consortium/read-rulings.js'),
  ]);
  const proposal = await readProposal(here, id);
  const { name, values } = decodeCall(proposal.data);
  if (name === 'assignIssuer' && !(issuer ?? []).some((one) => issuerHashOf(one) === values.issuerHash))
    throw new LedgerError(
      'bad-request',
      `Proposal ${id} is about an issuer of patient IDs, of whose name the chain has the hash only: give --issuer <name> as you were told it. Nothing was sent.`,
    );
  console.error((await linesOf(here, proposal, { issuer })).join('\n'));
  return proposal;
}

async function linesOf(
  here: ConsortiumHere,
  proposal: Proposal,
  { issuer }: { issuer?: string[] | undefined },
): Promise<string[]> {
  const [{ callAsFunction, callInWords }, { timeInWords }] = await Promise.all([
    import('../ledger/consortium/call-in-words.js'),
    import('../ledger/consortium/time-in-words.js'),
  ]);
  const { id, state, proposedBy, hash, data, call, approvedBy, needed, waits, sentBack, executableFrom, expiresAt } =
    proposal;
  const row = (name: string, value: string): string => `  ${name.padEnd(10)}${value}`;
  return [
    `proposal ${id}: ${state}`,
    row('call', call ? callAsFunction(call) : `cannot be read: nobody should approve it (${data})`),
    ...(call ? [row('means', await callInWords(here, call, { issuers: issuer ?? [] }))] : []),
    ...(call?.name === 'rule' && call.values.images !== here.images
      ? [
          row(
            'warning',
            `the images are at ${String(call.values.images)}, and --contract is ${here.images ?? 'the consortium'}`,
          ),
        ]
      : []),
    row('hash', hash),
    row('proposed', `by ${proposedBy}`),
    row(
      'approved',
      `by ${approvedBy.length} governors, ${needed} are needed${approvedBy.map((one) => `\n${' '.repeat(12)}${one}`).join('')}`,
    ),
    row('waits', waits ? (executableFrom > 0 ? `until ${timeInWords(executableFrom)}` : 'once it has passed') : 'no'),
    ...(sentBack ? [row('sent back', 'once, which is the most')] : []),
    row('expires', timeInWords(expiresAt)),
  ];
}

async function report(here: ConsortiumHere, proposal: Proposal, done: string): Promise<void> {
  console.log(done);
  await sayWhatRemains(here, proposal);
}

/** The next step, on standard error. */
async function sayWhatRemains({ consortium }: ConsortiumHere, proposal: Proposal): Promise<void> {
  const { timeInWords } = await import('../ledger/consortium/time-in-words.js');
  const { id, state, hash, approvedBy, needed, waits, sentBack, executableFrom, expiresAt } = proposal;
  const command = (verb: string): string => `dicom-ledger proposal ${verb} --contract ${consortium}`;
  if (state === 'open')
    console.error(
      `${approvedBy.length} of ${needed} governors that it needs have approved it, until ${timeInWords(expiresAt)}. On another governor's machine: ${command(`approve ${id} --hash ${hash}`)}`,
    );
  if (state === 'waiting')
    console.error(
      `It has passed, and waits until ${timeInWords(executableFrom)}; then: ${command(`execute ${id}`)}${sentBack ? '' : `. Until it is executed one governor can send it back: ${command(`send-back ${id}`)}`}`,
    );
  if (state === 'executable')
    console.error(`It has passed${waits ? ' and waited' : ''}. Next: ${command(`execute ${id}`)}`);
}
