/** The rules of governors, proposals, sites and roles once more, as plainly as they can be said: what the contract is compared with. */
export type Role = 0 | 1 | 2;
const CHAMPION: Role = 2;

/** Accounts are known by a name, proposals by how many came after them. */
export type Step =
  | { kind: 'wait'; seconds: number }
  | { kind: 'propose'; by: string; call: Call }
  | { kind: 'approve' | 'revoke' | 'sendBack' | 'execute'; by: string; back: number }
  | { kind: 'startReplacement'; by: string; lost: string; successor: string }
  | { kind: 'objectToReplacement' | 'executeReplacement'; by: string; lost: string }
  | { kind: 'nameAccount'; by: string; account: string; role: Role }
  | { kind: 'removeAccount'; by: string; account: string }
  | { kind: 'join'; by: string; site: number }
  | { kind: 'leaveSite'; by: string };

/** What a proposal calls. */
export type Call =
  | { kind: 'addGovernor' | 'removeGovernor'; account: string }
  | { kind: 'replaceGovernor'; account: string; successor: string }
  | { kind: 'dismissSite' | 'readmitSite'; site: number }
  | { kind: 'nameChampion' | 'removeAccountOf'; site: number; account: string };

export interface ModelProposal {
  call: Call;
  approvals: Set<string>;
  version: number;
  expiresAt: number;
  passedAt: number | undefined;
  sentBack: boolean;
  executed: boolean;
}

const [WAIT, MONTH] = [72 * 3_600, 30 * 86_400];
const [LEAST, MOST] = [3, 32];
const WAITING_CALLS = new Set(['addGovernor', 'removeGovernor', 'replaceGovernor', 'dismissSite']);

class Refused extends Error {}

function require(condition: boolean, refusal: string): asserts condition {
  if (!condition) throw new Refused(refusal);
}

export class ConsortiumModel {
  now = 0;
  version = 1;
  readonly proposals: ModelProposal[] = [];
  readonly replacements = new Map<string, { successor: string; version: number; dueAt: number }>();
  readonly admitted = new Map<number, boolean>();
  readonly named = new Map<string, Role>();

  constructor(
    public governors: string[],
    readonly seats: Map<string, { site: number; role: Role }>,
    sites: number,
  ) {
    for (let site = 1; site <= sites; site++) this.admitted.set(site, true);
  }

  /** Does one step, or nothing of it; returns the name of the refusal. */
  take(step: Step): string | undefined {
    try {
      this.run(step);
      return undefined;
    } catch (error) {
      if (error instanceof Refused) return error.message;
      throw error;
    }
  }

  stateOf({ executed, version, expiresAt, passedAt, call }: ModelProposal): string {
    if (executed) return 'executed';
    if (version !== this.version) return 'ended';
    if (this.now >= expiresAt) return 'expired';
    if (passedAt === undefined) return 'open';
    return this.now < passedAt + (WAITING_CALLS.has(call.kind) ? WAIT : 0) ? 'waiting' : 'executable';
  }

  openReplacement(lost: string): { successor: string; dueAt: number } | undefined {
    const found = this.replacements.get(lost);
    return found && found.version === this.version && this.now < found.dueAt + MONTH ? found : undefined;
  }

  private run(step: Step): void {
    switch (step.kind) {
      case 'wait':
        this.now += step.seconds;
        return;
      case 'join':
        return this.join(step.by, step.site);
      case 'leaveSite':
        require(this.seats.has(step.by), 'NotOfASite');
        this.seats.delete(step.by);
        return;
      case 'nameAccount':
        this.named.set(`${this.championsSite(step.by)} ${step.account}`, step.role);
        return;
      case 'removeAccount': {
        const site = this.championsSite(step.by);
        const seat = this.seats.get(step.account);
        require(!(seat?.site === site && seat.role === CHAMPION), 'OnlyAProposalRemovesAChampion');
        return this.removeAccountOf(site, step.account);
      }
      default:
        require(this.governors.includes(step.by), 'NotAGovernor');
        return this.govern(step);
    }
  }

  private govern(step: Exclude<Step, { kind: 'wait' | 'join' | 'leaveSite' | 'nameAccount' | 'removeAccount' }>): void {
    switch (step.kind) {
      case 'propose': {
        const { version, now } = this;
        const proposal = { version, call: step.call, approvals: new Set<string>(), expiresAt: now + MONTH };
        this.proposals.push({ ...proposal, passedAt: undefined, sentBack: false, executed: false });
        return this.approve(this.proposals.at(-1)!, step.by);
      }
      case 'startReplacement':
        require(this.governors.includes(step.lost), 'NotAGovernor');
        require(step.lost !== step.by, 'ReplacesItself');
        this.requireCandidate(step.successor);
        require(this.openReplacement(step.lost) === undefined, 'ReplacementOpen');
        this.replacements.set(step.lost, {
          successor: step.successor,
          version: this.version,
          dueAt: this.now + MONTH,
        });
        return;
      case 'objectToReplacement':
        require(this.openReplacement(step.lost) !== undefined, 'NoReplacement');
        this.replacements.delete(step.lost);
        return;
      case 'executeReplacement': {
        const open = this.openReplacement(step.lost);
        require(open !== undefined, 'NoReplacement');
        require(this.now >= open.dueAt, 'ReplacementNotDue');
        this.replaceGovernor(step.lost, open.successor);
        this.replacements.delete(step.lost);
        return;
      }
      default:
        return this.vote(step.kind, step.by, this.proposals.at(-1 - step.back));
    }
  }

  private vote(
    kind: 'approve' | 'revoke' | 'sendBack' | 'execute',
    by: string,
    proposal: ModelProposal | undefined,
  ): void {
    require(proposal !== undefined, 'WrongProposalState');
    const state = this.stateOf(proposal);
    if (kind === 'execute') {
      require(state === 'executable', 'WrongProposalState');
      try {
        this.call(proposal.call);
      } catch (error) {
        throw error instanceof Refused ? new Refused(`CallFailed ${error.message}`) : error;
      }
      proposal.executed = true;
      return;
    }
    require(['open', 'waiting', 'executable'].includes(state), 'WrongProposalState');
    if (kind === 'approve') return this.approve(proposal, by);
    if (kind === 'revoke') {
      require(proposal.approvals.delete(by), 'NotApproved');
      if (proposal.approvals.size <= this.governors.length / 2) proposal.passedAt = undefined;
      return;
    }
    require(WAITING_CALLS.has(proposal.call.kind), 'ProposalDoesNotWait');
    require(proposal.passedAt !== undefined, 'WrongProposalState');
    require(!proposal.sentBack, 'AlreadySentBack');
    proposal.approvals.clear();
    proposal.passedAt = undefined;
    proposal.sentBack = true;
  }

  private approve(proposal: ModelProposal, by: string): void {
    require(!proposal.approvals.has(by), 'AlreadyApproved');
    proposal.approvals.add(by);
    if (proposal.approvals.size > this.governors.length / 2) proposal.passedAt ??= this.now;
  }

  private call(call: Call): void {
    switch (call.kind) {
      case 'addGovernor':
        require(this.governors.length < MOST, 'GovernorCountOutOfRange');
        this.requireCandidate(call.account);
        this.governors = [...this.governors, call.account];
        this.version++;
        return;
      case 'removeGovernor': {
        const place = this.governors.indexOf(call.account);
        require(place !== -1, 'NotAGovernor');
        require(this.governors.length > LEAST, 'GovernorCountOutOfRange');
        const last = this.governors.at(-1)!;
        this.governors = this.governors.with(place, last).slice(0, -1);
        this.version++;
        return;
      }
      case 'replaceGovernor':
        return this.replaceGovernor(call.account, call.successor);
      case 'dismissSite':
        require(this.admitted.get(call.site) === true, 'UnknownSite');
        this.admitted.set(call.site, false);
        return;
      case 'readmitSite':
        require(this.admitted.has(call.site), 'UnknownSite');
        require(this.admitted.get(call.site) === false, 'SiteNotDismissed');
        this.admitted.set(call.site, true);
        return;
      case 'nameChampion':
        require(this.admitted.get(call.site) === true, 'UnknownSite');
        this.named.set(`${call.site} ${call.account}`, CHAMPION);
        return;
      case 'removeAccountOf':
        return this.removeAccountOf(call.site, call.account);
    }
  }

  private replaceGovernor(account: string, successor: string): void {
    require(this.governors.includes(account), 'NotAGovernor');
    this.requireCandidate(successor);
    this.governors = this.governors.map((governor) => (governor === account ? successor : governor));
    this.version++;
  }

  private requireCandidate(account: string): void {
    require(!this.governors.includes(account), 'AlreadyAGovernor');
    require(!this.seats.has(account), 'AccountInUse');
  }

  private join(by: string, site: number): void {
    require(this.admitted.get(site) === true, 'UnknownSite');
    const role = this.named.get(`${site} ${by}`);
    require(role !== undefined, 'NotNamed');
    require(!this.governors.includes(by), 'AlreadyAGovernor');
    require(!this.seats.has(by), 'AccountInUse');
    this.named.delete(`${site} ${by}`);
    this.seats.set(by, { site, role });
  }

  private removeAccountOf(site: number, account: string): void {
    const isSeated = this.seats.get(account)?.site === site;
    const wasNamed = this.named.delete(`${site} ${account}`);
    require(isSeated || wasNamed, 'NotTheSitesAccount');
    if (isSeated) this.seats.delete(account);
  }

  private championsSite(account: string): number {
    const seat = this.seats.get(account);
    require(seat !== undefined && seat.role === CHAMPION && this.admitted.get(seat.site) === true, 'NotAChampion');
    return seat.site;
  }
}
