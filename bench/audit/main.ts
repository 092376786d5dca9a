// What the audit costs a search: the same server with it, and without, a slice of one after a slice of the other.
// usage: npm run bench:audit -- [--slices 30] [--requests 400] [--studies 2000] [--out bench/reports]; about a minute.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import type { Audit } from '../../src/audit/audit.js';
import { silentLog } from '../../src/base/log.js';
import { readConfig } from '../../src/config.js';
import { createHttpApp } from '../../src/http/create-http-app.js';
import { httpPartsOver } from '../../src/http/testing/http-app-over.js';
import { openSiteAudit } from '../../src/open-site-audit.js';
import { openSite } from '../../src/site.js';
import { REPORTS_FOLDER } from '../folders.js';
import { fillCatalog } from '../growth/fill.js';
import { commit, load, machine } from '../machine.js';
import { markdownTable, row } from '../markdown-table.js';
import { median, round } from '../statistics.js';

const { values: args } = parseArgs({
  options: {
    slices: { type: 'string', default: '30' },
    requests: { type: 'string', default: '400' },
    studies: { type: 'string', default: '2000' },
    out: { type: 'string', default: REPORTS_FOLDER },
  },
});
const [slices, requests] = [Number(args.slices), Number(args.requests)];
const LANES = 8;
const SEARCH = '/dicom-web/studies?ModalitiesInStudy=CT&limit=25&includefield=00081030';

/** It records nothing. */
const noAudit: Pick<Audit, 'record' | 'note'> = { record: async () => undefined, note: () => undefined };

const before = machine();
const folder = mkdtempSync(path.join(os.tmpdir(), 'ledger-audit-'));
try {
  const config = readConfig({ DATA_DIR: folder, MIN_FREE_BYTES: '0', LOG_LEVEL: 'silent' });
  await (await openSite(config, silentLog)).close();
  await fillCatalog(folder, { from: 0, to: Number(args.studies) });
  const site = await openSite(config, silentLog);
  const audit = await openSiteAudit(site, { config, log: silentLog });
  const servers: Server[] = [];
  const poolOf = async (recorder: Audit): Promise<Pool> => {
    const server = createServer(createHttpApp({ ...httpPartsOver(site.archive), audit: recorder }));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    return new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { connections: LANES });
  };
  const pools = { with: await poolOf(audit), without: await poolOf({ ...audit, ...noAudit }) };

  /** CPU milliseconds of this process, client and server together, for each request of a slice. */
  async function slice(pool: Pool): Promise<number> {
    const begun = process.cpuUsage();
    let left = requests;
    const lane = async (): Promise<void> => {
      while (left-- > 0) {
        const { statusCode, body } = await pool.request({ path: SEARCH, method: 'GET' });
        await body.dump({ limit: 1e9 });
        if (statusCode !== 200) throw new Error(`The search was answered ${statusCode}.`);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / 1_000 / requests;
  }

  await slice(pools.with);
  await slice(pools.without);
  const measured: Record<'with' | 'without', number[]> = { with: [], without: [] };
  for (let n = 0; n < slices; n++) {
    const order = n % 2 === 0 ? (['with', 'without'] as const) : (['without', 'with'] as const);
    for (const which of order) measured[which].push(await slice(pools[which]));
  }
  const pairs = measured.with.map((value, at) => 100 * (value / measured.without[at]! - 1));
  const [least, most] = [Math.min(...pairs), Math.max(...pairs)];
  const cost = median(pairs);
  await Promise.all(Object.values(pools).map((pool) => pool.close()));
  for (const server of servers) server.close();
  await audit.close();
  await site.close();

  const head = ['', 'CPU ms each search (median)'];
  const rows = [row('with the audit', round(median(measured.with))), row('without', round(median(measured.without)))];
  const report = `# What the audit costs a search

${slices} pairs of slices of ${requests} searches each (\`${SEARCH}\`, ${args.studies} instances, ${LANES} at a time), one with the audit
and one without, in changing order, in one process; CPU of client and server together.

${markdownTable(head, rows)}

The audit costs **${round(cost)} %** of a search: the median of the pairs, which lie between ${round(least)} % and ${round(most)} %.

${new Date().toISOString().slice(0, 10)}, commit ${commit()}, ${before.cpu}, ${before.cores} cores, Node ${before.node}; load before ${before.load.join(' ')}, after ${load().join(' ')}.
`;
  mkdirSync(args.out, { recursive: true });
  writeFileSync(path.join(args.out, 'audit.md'), report);
  console.log(report);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
