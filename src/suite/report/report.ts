import type { Verdict } from '../verdict.js';

/** What is written down of a run; the token is nowhere in it. */
export interface Report {
  /** The DICOMweb root that was checked. */
  root: string;
  checkedAt: Date;
  verdicts: readonly Verdict[];
}

/** Verdicts by the title of their group, in their order. */
export function byGroup(verdicts: readonly Verdict[]): Map<string, Verdict[]> {
  const groups = new Map<string, Verdict[]>();
  for (const verdict of verdicts) groups.set(verdict.group, [...(groups.get(verdict.group) ?? []), verdict]);
  return groups;
}
