// The load generator: a process of its own, started by `openLane`.
import type { Plan } from './plan.js';
import { runPlan } from './run-plan.js';

process.on('message', (plan: Plan) => void runPlan(plan).then((outcome) => process.send?.(outcome)));
