import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { cpuSecondsOf } from '../../cpu-seconds.js';
import type { Archive } from '../servers/archive.js';
import type { Outcome, Plan } from './plan.js';

/** An outcome and what it cost the server. */
export interface MeasuredOutcome extends Outcome {
  /** Of processor, all threads of the server. */
  cpuSeconds: number;
}

export interface LanePlan extends Pick<Plan, 'steps' | 'pulse'> {
  countsFaults?: boolean;
}

/** The process that makes the load. */
export interface Lane {
  /**
   * Runs a plan with an archive. Throws when the server has ended, or when an answer was wrong, unless those are to be
   * counted.
   */
  run(archive: Archive, plan: LanePlan): Promise<MeasuredOutcome>;
  close(): void;
}

export function openLane(): Lane {
  const child: ChildProcess = fork(fileURLToPath(new URL('./lane.js', import.meta.url)), { serialization: 'advanced' });
  const gone = once(child, 'exit').then(() => {
    throw new Error('The process that makes the load has ended.');
  });
  gone.catch(() => undefined);
  return {
    run: async (archive, { steps, pulse, countsFaults = false }) => {
      const before = cpuSecondsOf(archive.pid);
      const answered = once(child, 'message') as Promise<[Outcome]>;
      const plan: Plan = {
        origin: archive.url,
        headers: { ...archive.headers },
        steps,
        ...(pulse !== undefined && { pulse }),
      };
      child.send(plan);
      const [outcome] = await Promise.race([answered, gone]);
      if (!archive.isAlive) throw new Error(`${archive.name} has ended by itself.`);
      const fault = outcome.stages.find((stage) => stage.fault !== undefined)?.fault;
      if (fault !== undefined && !countsFaults) throw new Error(fault);
      return { ...outcome, cpuSeconds: cpuSecondsOf(archive.pid) - before };
    },
    close: () => void child.kill(),
  };
}
