import type { AcceptanceEntry } from './acceptances.js';

/** Which contents are on their way to the chain; one may come several times at once. */
export interface InFlight {
  has(entry: AcceptanceEntry): boolean;
  /** The entry is in flight until the promise has settled. */
  add(entry: AcceptanceEntry, until: Promise<unknown>): void;
}

export function createInFlight(): InFlight {
  const counts = new Map<string, number>();
  const nameOf = ({ SOPInstanceUID, sha256 }: AcceptanceEntry): string => `${SOPInstanceUID} ${sha256}`;
  const count = (name: string, by: number): void => {
    const now = (counts.get(name) ?? 0) + by;
    if (now === 0) counts.delete(name);
    else counts.set(name, now);
  };
  return {
    has: (entry) => counts.has(nameOf(entry)),
    add: (entry, until) => {
      const name = nameOf(entry);
      count(name, 1);
      const leave = (): void => count(name, -1);
      until.then(leave, leave);
    },
  };
}
