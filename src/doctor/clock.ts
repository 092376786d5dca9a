import type { Findings } from './finding.js';

/** Tokens, blocks and records bear the time: they are taken with a minute more or less. */
const MOST_SECONDS = 60;
const SOME_SECONDS = 10;

/** How far this clock is before (positive) or behind another, in seconds; undefined for an answer without a valid Date (RFC 9110 §6.6.1). */
export function secondsAhead(
  dateHeader: string | null,
  { askedMs, now = Date.now() }: { askedMs: number; now?: number },
): number | undefined {
  const theirs = dateHeader === null ? NaN : Date.parse(dateHeader);
  // The header has whole seconds, and was written some time between asking and now.
  return Number.isNaN(theirs) ? undefined : ((askedMs + now) / 2 - theirs - 500) / 1000;
}

/** Says whether this clock and that of `whose` agree. */
export function judgeClock(findings: Findings, { whose, ahead }: { whose: string; ahead: number }): void {
  const seconds = Math.round(Math.abs(ahead));
  if (seconds <= SOME_SECONDS) return findings.ok(`This clock and that of ${whose} agree.`);
  const says = `This clock is ${seconds} s ${ahead > 0 ? 'before' : 'behind'} that of ${whose}.`;
  const toDo = 'Set both by NTP (timedatectl set-ntp true).';
  if (seconds > MOST_SECONDS) findings.fault(says, toDo);
  else findings.warning(says, toDo);
}
