// What one client's pictures cost another: 60 renderings of 4096 × 4096 pixels are asked for at once, and meanwhile somebody else
// asks for pictures of 512 × 512 pixels, one after another.
// usage: npm run bench:fair -- [--large 60] [--small 40] [--out bench/reports]; about three minutes.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Agent, request } from 'undici';
import { REPORTS_FOLDER } from '../folders.js';
import { newObject, stow } from '../growth/measure.js';
import { commit, load, machine } from '../machine.js';
import { markdownTable, row } from '../markdown-table.js';
import { openAgent } from '../open-agent.js';
import { startBenchServer } from '../start-bench-server.js';
import { median, quantile, round } from '../statistics.js';

const { values: args } = parseArgs({
  options: {
    large: { type: 'string', default: '60' },
    small: { type: 'string', default: '40' },
    out: { type: 'string', default: REPORTS_FOLDER },
  },
});
const before = machine();
const server = await startBenchServer();
const asOperator = openAgent();
const asThemselves = new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: 64 });

/** The key of a new client that may read. */
async function newClient(name: string): Promise<string> {
  const answer = await request(`${server.url}/access/keys`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, permissions: ['read'] }),
    dispatcher: asOperator,
  });
  return ((await answer.body.json()) as { key: string }).key;
}

/** The path of the picture of a new image of noise. */
async function newPicture(side: number): Promise<string> {
  await stow(server.url, newObject({ rows: side, columns: side }));
  const answer = await request(`${server.url}/dicom-web/instances?Rows=${side}`, { dispatcher: asOperator });
  const [found] = (await answer.body.json()) as Record<string, { Value: string[] }>[];
  const [study, series, instance] = ['0020000D', '0020000E', '00080018'].map((tag) => found?.[tag]?.Value[0]);
  return `/dicom-web/studies/${study}/series/${series}/instances/${instance}/rendered`;
}

/** Milliseconds from the request to the last byte of the answer. */
async function render(picture: string, { key, accept }: { key: string; accept: string }): Promise<number> {
  const begun = performance.now();
  const headers = { authorization: `Bearer ${key}`, accept };
  const answer = await request(`${server.url}${picture}`, { headers, dispatcher: asThemselves });
  const byteCount = (await answer.body.arrayBuffer()).byteLength;
  if (answer.statusCode !== 200 || byteCount === 0) throw new Error(`The picture was answered ${answer.statusCode}.`);
  return performance.now() - begun;
}

async function inTurn(picture: string, key: string): Promise<number[]> {
  const milliseconds: number[] = [];
  for (let n = 0; n < Number(args.small); n++) milliseconds.push(await render(picture, { key, accept: 'image/jpeg' }));
  return milliseconds;
}

try {
  const [heavy, light] = [await newClient('heavy'), await newClient('light')];
  const [large, small] = [await newPicture(4096), await newPicture(512)];
  await inTurn(small, light);
  const alone = await inTurn(small, light);
  let finished = 0;
  const begun = performance.now();
  const heavyWork = Array.from({ length: Number(args.large) }, async () => {
    await render(large, { key: heavy, accept: 'image/png' });
    finished++;
  });
  const beside = await inTurn(small, light);
  const unfinished = Number(args.large) - finished;
  await Promise.all(heavyWork);
  const seconds = (performance.now() - begun) / 1000;
  if (unfinished === 0) throw new Error('The large pictures were done before the small ones; ask for more of them.');

  const figures = (all: readonly number[]): string[] =>
    [median(all), quantile(all, 0.95), Math.max(...all)].map((value) => String(round(value)));
  const report = `# One client's pictures beside another's

\`npm run bench:fair\`. One client asks for ${args.large} pictures of 4096 × 4096 pixels as PNG, all at once; another asks for ${args.small} pictures of
512 × 512 pixels as JPEG, one after another, first alone and then beside the first client's. Each has an API key of its own. The
goal is 1,000 ms for 95 of 100.

${markdownTable(['small pictures, ms', 'median', '95 of 100', 'most'], [row('alone', ...figures(alone)), row('beside', ...figures(beside))])}

All large ones took ${round(seconds)} s; when the last small one was there, ${unfinished} of them were not.

${new Date().toISOString().slice(0, 10)}, commit ${commit()}, ${before.cpu}, ${before.cores} cores, Node ${before.node}; load before ${before.load.join(' ')}, after ${load().join(' ')}.
`;
  mkdirSync(args.out, { recursive: true });
  writeFileSync(path.join(args.out, 'fair.md'), report);
  console.log(report);
} finally {
  await server.stop();
}
