import type { Fitted } from './fitted.js';
import type { MeasuredSites } from './measured-sites.js';
import { type Scenario, simulate } from './model.js';

/** Cores of the machine that was measured on. */
const CORES = 2;
const LEAST_CORES = 0.3;
const STORES = 20;
export const SEEDS = [1, 2, 3, 4, 5];

/** A run that was measured, as a scenario on one machine; what others took of its cores is not there. */
export function here(
  { sites, periodSeconds, othersCores }: MeasuredSites,
  phase: 'alone' | 'throughput',
): Omit<Scenario, 'mode'> {
  return { sites, periodSeconds, oneMachine: Math.max(LEAST_CORES, CORES - (othersCores?.[phase] ?? 0)) };
}

/** Seconds of storing and of the first view elsewhere, one image at a time, in the model of that run. */
export function latenciesHere(fitted: Fitted, run: MeasuredSites): { stored: number[]; viewed: number[] } {
  const all = SEEDS.map((seed) => simulate(fitted, { ...here(run, 'alone'), seed, mode: { stores: STORES } }));
  return { stored: all.flatMap(({ stored }) => stored), viewed: all.flatMap(({ viewed }) => viewed) };
}
