import { asMember, atConsortium } from './at-consortium.js';
import type { ContractOptions, GovernorOptions } from './chain-options.js';
import { propose } from './proposal.js';

/** A line an order, the newest first: number, site, state, studies, times. */
export function showErasures(options: ContractOptions): Promise<void> {
  return atConsortium(options, async (here) => {
    const [{ readErasures }, { timeInWords }] = await Promise.all([
      import('../ledger/consortium/read-erasures.js'),
      import('../ledger/consortium/time-in-words.js'),
    ]);
    const orders = await readErasures(here);
    for (const { orderId, siteId, state, studyCount, orderedAt, executableFrom, executedAt } of orders) {
      const times = [
        `ordered ${timeInWords(orderedAt)}`,
        ...(executedAt > 0 ? [`executed ${timeInWords(executedAt)}`] : []),
        ...(executedAt === 0 && executableFrom > 0 ? [`executable from ${timeInWords(executableFrom)}`] : []),
      ];
      console.log([orderId, `site ${siteId}`, state, `${studyCount} studies`, times.join(', ')].join('\t'));
    }
    if (orders.length === 0) console.error('No erasure was ever ordered.');
  });
}

export function cancelErasure(orderId: number, options: GovernorOptions): Promise<void> {
  return asMember(options, async ({ as }) => {
    await as.cancelErasure(orderId);
    console.log(`Erasure ${orderId} is cancelled.`);
  });
}

/** Proposes how many studies a site may order to be erased on one day (UTC), until a time in seconds. */
export function allowErasures(
  siteId: number,
  { perDay, until, ...options }: GovernorOptions & { perDay: number; until: number },
): Promise<void> {
  return asMember(options, async (here) => {
    const { encodeCall } = await import('../ledger/consortium/decode-call.js');
    await propose(here, encodeCall('allowErasures', siteId, perDay, until));
  });
}
