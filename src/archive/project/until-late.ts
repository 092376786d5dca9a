import type { Progress } from './progress.js';

/**
 * What `check` gives other than undefined, now or after a change of the catalogue; undefined when `ms` are over, since a chain may make no
 * block for hours. Rejects with the signal's reason.
 */
export async function untilLate<T>(
  progress: Pick<Progress, 'until'>,
  check: () => T | undefined,
  { ms, signal }: { ms: number; signal: AbortSignal },
): Promise<T | undefined> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  const timer = setTimeout(end, ms).unref();
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    return await progress.until(check, ending.signal);
  } catch (error) {
    signal.throwIfAborted();
    if (ending.signal.aborted) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}
