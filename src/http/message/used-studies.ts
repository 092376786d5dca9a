import type { Response } from 'express';
import type { Outcome } from '../../archive/outcome.js';

/** What a request has stored, for the audit: how many instances of each study, and how many were refused. */
export interface UsedStudies {
  /** By StudyInstanceUID. */
  instances: ReadonlyMap<string, number>;
  refused: number;
}

/** Says which studies a request has stored into. */
export function noteUsedStudies(response: Response, outcomes: readonly Outcome[]): void {
  const instances = new Map<string, number>();
  for (const outcome of outcomes)
    if (outcome.kind === 'stored')
      instances.set(outcome.StudyInstanceUID, (instances.get(outcome.StudyInstanceUID) ?? 0) + 1);
  const refused = outcomes.filter(({ kind }) => kind === 'refused').length;
  response.locals['usedStudies'] = { instances, refused } satisfies UsedStudies;
}

export function usedStudies(response: Response): UsedStudies | undefined {
  return response.locals['usedStudies'] as UsedStudies | undefined;
}
