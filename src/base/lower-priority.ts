import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Nice value: a third of the processor where both want all of it. */
const BACKGROUND = 5;

/**
 * Lets other threads come before the one that calls this: whoever looks at images must not wait for the chain's work, which still gets its
 * share. Does nothing where threads have no priority of their own (only Linux names them).
 */
export function lowerPriority(): void {
  try {
    const [threadId] = readlinkSync('/proc/thread-self').split('/').slice(-1);
    if (getPriority(Number(threadId)) < BACKGROUND) setPriority(Number(threadId), BACKGROUND);
  } catch {
    // Slower under load, and right all the same.
  }
}
