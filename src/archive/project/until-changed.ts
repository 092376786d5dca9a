import type { Progress } from './progress.js';
import { untilLate } from './until-late.js';

/** Until there were more changes of the catalogue than `count`, or `ms` are over, or the signal aborts. Never rejects. */
export async function untilChanged(
  progress: Pick<Progress, 'until' | 'changeCount'>,
  count: number,
  options: { ms: number; signal: AbortSignal },
): Promise<void> {
  await untilLate(progress, () => progress.changeCount > count || undefined, options).catch(() => undefined);
}
