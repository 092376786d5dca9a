import { LEVELS } from './passes.js';
import type { FirstView, Summary } from './summary.js';

export interface Goal {
  what: string;
  /** Null for what has none. */
  target: number | null;
  /** Null when it was not measured. */
  value: number | null;
  isMet: boolean | null;
}

/** The goals that this experiment can show, with what was reached: `isMet` is null where it was not measured. */
export function goalsOf({ wholeSample, firstViewPeriods, scopes }: Summary): Goal[] {
  const { eightInFlight, oneAtATime } = wholeSample.ratios;
  return [
    goal("Storing the whole sample, 8 in flight: times faster than the paper's method (floor 50)", {
      ...{ target: 100, value: eightInFlight, reaches: atLeast },
    }),
    goal('Storing the whole sample, one at a time: times faster (reported, no goal)', { value: oneAtATime }),
    goal('First view of an image at the other site, one at a time: p95 in block periods', {
      ...{ target: 2, value: firstViewPeriods.oneAtATime?.p95, reaches: atMost },
    }),
    ...Object.entries(scopes).flatMap(([scope, { firstView }]) =>
      LEVELS.flatMap((level) => firstViewGoals(level, firstView[level], SCOPE_NAMES[scope] ?? '')),
    ),
  ];
}

const SCOPE_NAMES: Record<string, string> = { sample: '', withoutAddedImage: ', without the added image' };

function firstViewGoals(level: string, found: FirstView | undefined, scope: string): Goal[] {
  return [
    goal(`First view, ${level}-level${scope}: times faster than the paper's method without preview`, {
      ...{ target: 30, value: found?.ratioToPaperWithoutPreview, reaches: atLeast },
    }),
    goal(`First view, ${level}-level${scope}: how many are slower than with the paper's method with preview`, {
      ...{ target: 0, value: found?.slowerThanPaperWithPreview, reaches: atMost },
    }),
  ];
}

const atLeast = (value: number, target: number): boolean => value >= target;
const atMost = (value: number, target: number): boolean => value <= target;

interface GoalOptions {
  target?: number;
  value: number | null | undefined;
  reaches?: (value: number, target: number) => boolean;
}

function goal(what: string, { target, value = null, reaches }: GoalOptions): Goal {
  const isMet = value !== null && reaches && target !== undefined ? reaches(value, target) : null;
  return { what, target: target ?? null, value, isMet };
}
