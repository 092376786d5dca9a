import { InvalidArgumentError, type Command } from 'commander';
import { hexWordOf, textsOf, withContractOptions, withKeyOptions } from './chain-options.js';
import { lazily } from './lazily.js';

const onProposals = () => import('./proposal.js');

/** What governors decide together, at a consortium of release 2. */
export function addProposalCommands(program: Command): void {
  const asGovernor = (command: Command): Command => withKeyOptions(withContractOptions(command), 'a governor');
  const withIssuer = (command: Command): Command =>
    command.option('--issuer <name>', 'of an issuer of patient IDs, of which the chain has the hash only', textsOf);
  const proposal = program.command('proposal').description('what governors decide together (release 2)');

  withContractOptions(proposal.command('list'))
    .description('number, state, approvals and call of each about which something can still be done')
    .option('--all', 'those too that are executed or void')
    .action(lazily(async () => (await onProposals()).listProposals));
  withIssuer(withContractOptions(proposal.command('show')))
    .description('one of them, in words')
    .argument('<id>', 'its number', proposalIdOf)
    .action(lazily(async () => (await onProposals()).showProposal));
  withIssuer(asGovernor(proposal.command('approve')))
    .description('show it, ask, and approve what was shown; refuses what cannot be read')
    .argument('<id>', 'its number', proposalIdOf)
    .option('--hash <hash>', 'of the call that was read elsewhere; refuses another', hexWordOf)
    .option('--yes', 'without asking')
    .action(lazily(async () => (await onProposals()).approveProposal));
  asGovernor(proposal.command('revoke'))
    .description('take your own approval back')
    .argument('<id>', 'its number', proposalIdOf)
    .action(lazily(async () => (await onProposals()).revokeApproval));
  asGovernor(proposal.command('send-back'))
    .description('send one that waits, or has waited, back to the vote; once')
    .argument('<id>', 'its number', proposalIdOf)
    .action(lazily(async () => (await onProposals()).sendBackProposal));
  withIssuer(asGovernor(proposal.command('execute')))
    .description('let one take effect that has passed and waited')
    .argument('<id>', 'its number', proposalIdOf)
    .action(lazily(async () => (await onProposals()).executeProposal));
}

function proposalIdOf(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new InvalidArgumentError('It has to be the number that "proposal list" gives.');
  return Number(text);
}
