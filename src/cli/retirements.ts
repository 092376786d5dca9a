import { decide, rowsOf } from './rows-of.js';
import type { ServerAddress } from './server-address.js';

interface Retirements {
  siteId: number;
  hour: number;
  from: string;
  count: number;
  decision: string;
}

export async function listRetirements({ server }: { server: ServerAddress }): Promise<void> {
  let count = 0;
  for await (const one of rowsOf<Retirements>(server, '/ledger/retirements', 'retirements')) {
    console.log([one.siteId, one.hour, one.from, one.count, one.decision].join('\t'));
    count++;
  }
  if (count === 0) console.error('No site has retired many images at once.');
}

export async function decideRetirements(
  verb: 'accept' | 'refuse',
  { server, site, hour }: { server: ServerAddress; site: number; hour: number },
): Promise<void> {
  await decide(server, `/ledger/retirements/${site}/${hour}/${verb}`);
  const from = new Date(hour * 1000).toISOString();
  console.log(
    `The retirements of site ${site} in the hour from ${from} are ${verb === 'accept' ? 'accepted' : 'refused'}.`,
  );
}
