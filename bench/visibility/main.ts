// What searches cost whoever sees only a part of a large archive, and whether every count is that of the part.
// usage: npm run bench:visibility -- [--studies 100000] [--rounds 20] [--data <folder>] [--out bench/reports]; about 5 minutes and 1 GB of disk.
// With --data the archive is made there if the folder has none, and stays.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { request } from 'undici';
import type { Archive } from '../../src/archive/archive.js';
import { createFind } from '../../src/archive/retrieve/find.js';
import type { Catalog } from '../../src/catalog/catalog.js';
import { openTestCatalog } from '../../src/catalog/testing/open-test-catalog.js';
import type { Visibility } from '../../src/catalog/visibility.js';
import { attribute } from '../../src/dicom/data-set/dictionary.js';
import { createHttpApp } from '../../src/http/create-http-app.js';
import { httpPartsOver } from '../../src/http/testing/http-app-over.js';
import { REPORTS_FOLDER } from '../folders.js';
import { commandOf, commit, load, machine } from '../machine.js';
import { markdownTable, row } from '../markdown-table.js';
import { quantile } from '../statistics.js';
import { KINDS, totalOf } from './kinds.js';
import { fillCatalog, fillLabels, type Study, studyOf } from './studies.js';

const { values: args } = parseArgs({
  options: {
    studies: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '20' },
    data: { type: 'string' },
    out: { type: 'string', default: REPORTS_FOLDER },
  },
});
const count = Number(args.studies);
const rounds = Number(args.rounds);

/** Who searches. */
const VIEWERS: Record<string, { sees: Visibility; isSeen: (study: Study) => boolean }> = {
  everything: { sees: 'everything', isSeen: () => true },
  'one label, 1 %': { sees: { labels: ['trial-7'] }, isSeen: ({ labels }) => labels.includes('trial-7') },
  'one label, 30 %': { sees: { labels: ['ward'] }, isSeen: ({ labels }) => labels.includes('ward') },
  'one patient': { sees: { patient: { PatientID: 'P7' } }, isSeen: ({ PatientID }) => PatientID === 'P7' },
  'one study': { sees: { studies: ['1.2.3.77'] }, isSeen: ({ number }) => number === 77 },
};

/** All that a search asks of an archive. */
function archiveOf(catalog: Catalog, visibility: Visibility): Archive {
  const seenBy = (other: Visibility): Archive => archiveOf(catalog, other);
  return { seenBy, attribute, ...createFind({ catalog: catalog.seenBy(visibility) }) } as unknown as Archive;
}

/** Milliseconds, by the clock and of the processor; other programs of this machine change the first. */
interface Times {
  wall: number[];
  cpu: number[];
}

/** Of each kind. Throws for a count that is not that of what is seen. */
async function measure(catalog: Catalog, sees: Visibility, { studies, seen }: { studies: Study[]; seen: Study[] }) {
  const server = createServer(createHttpApp(httpPartsOver(archiveOf(catalog, sees))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/dicom-web`;
  const times: Record<string, Times> = {};
  for (let round = -1; round < rounds; round++)
    for (const [name, kind] of Object.entries(KINDS)) {
      // One in two looks for what is seen.
      const from = round % 2 === 0 ? seen : studies;
      const study = from[((round + 1) * 7717 + 13) % from.length]!;
      const begun = { at: performance.now(), cpu: process.cpuUsage() };
      const { statusCode, headers, body } = await request(url + kind.path(study));
      await body.text();
      const cpu = process.cpuUsage(begun.cpu);
      const own = (times[name] ??= { wall: [], cpu: [] });
      if (round >= 0) own.wall.push(performance.now() - begun.at);
      if (round >= 0) own.cpu.push((cpu.user + cpu.system) / 1000);
      const total = totalOf(kind, study, seen);
      if (statusCode !== 200 || headers['x-total-count'] !== String(total))
        throw new Error(`${kind.path(study)}: ${statusCode}, ${String(headers['x-total-count'])} in place of ${total}`);
    }
  await new Promise((resolve) => server.close(resolve).closeAllConnections());
  return times;
}

const folder = args.data ?? mkdtempSync(path.join(os.tmpdir(), 'ledger-visibility-'));
try {
  const here = machine();
  const studies = Array.from({ length: count }, (_, number) => studyOf(number));
  const annotationsFile = path.join(folder, 'annotations.sqlite');
  const catalog = openTestCatalog({ file: path.join(folder, 'catalog.sqlite'), annotationsFile });
  if (catalog.projection.cursor() === undefined) {
    console.error(`Filling ${count} studies.`);
    await fillCatalog(catalog, studies);
    fillLabels(annotationsFile, studies);
  }
  const measured: Record<string, Record<string, Times>> = {};
  for (const [viewer, { sees, isSeen }] of Object.entries(VIEWERS)) {
    console.error(`Searching: ${viewer}.`);
    measured[viewer] = await measure(catalog, sees, { studies, seen: studies.filter(isSeen) });
  }
  await catalog.close();

  const viewers = Object.keys(VIEWERS);
  const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
  const shown = (values: number[]): string => `${ms(quantile(values, 0.5))} (${ms(quantile(values, 0.95))})`;
  const all = (viewer: string, of: keyof Times): number[] =>
    Object.values(measured[viewer]!).flatMap((times) => times[of]);
  const report = `# What searches cost whoever sees a part

\`${commandOf('visibility')}\`, ${new Date().toISOString()}, commit ${commit()}.

${here.cores} × ${here.cpu}, ${here.memoryGB} GB, Linux ${here.kernel}, node ${here.node}; load ${here.load.join(' ')} before, ${load().join(' ')} after.

${count.toLocaleString('en')} studies of one series with two instances, two studies a patient; headers and previews of 1 KB. One process has the server and
asks it over HTTP, one search at a time, ${rounds} of each kind: every other one looks for a study that is seen. Milliseconds, median (95th percentile).
Each answer's \`X-Total-Count\` was compared with a count of the list the archive was made of: none differed.

${markdownTable(
  ['search', ...viewers],
  [
    ...Object.keys(KINDS).map((kind) => row(kind, ...viewers.map((viewer) => shown(measured[viewer]![kind]!.wall)))),
    row('**all of them**', ...viewers.map((viewer) => shown(all(viewer, 'wall')))),
    row('… processor time of both', ...viewers.map((viewer) => shown(all(viewer, 'cpu')))),
  ],
)}
`;
  mkdirSync(args.out, { recursive: true });
  writeFileSync(path.join(args.out, 'visibility.md'), report);
  console.log(report);
} finally {
  if (args.data === undefined) rmSync(folder, { recursive: true, force: true });
}
