import type { Network, NetworkSite } from '../src/network/network.js';

/** A site of a network that was started with servers. */
export interface ServedSite extends NetworkSite {
  readonly server: NonNullable<NetworkSite['server']>;
}

/** The sites in their order, and the first and the last of them, which are the same one when there is one. */
export function servedSites({ sites }: Network): { sites: ServedSite[]; first: ServedSite; last: ServedSite } {
  const served = sites.filter((site): site is ServedSite => site.server !== undefined);
  const [first, last] = [served[0], served.at(-1)];
  if (!first || !last) throw new Error('The network has no servers.');
  return { sites: served, first, last };
}

/** The process of a node or a server. Throws when it does not run. */
export function pidOf({ pid, logFile }: { readonly pid: number | undefined; readonly logFile: string }): number {
  if (pid === undefined) throw new Error(`A process has ended; its log is ${logFile}.`);
  return pid;
}
