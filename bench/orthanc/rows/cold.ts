import { execFileSync } from 'node:child_process';
import type { Stage } from '../load/plan.js';
import type { Archive } from '../servers/archive.js';
import { frameAsk, seriesAsk } from './reads.js';
import type { RowTools, Work } from './row.js';
import type { SmallArchive } from './small-archive.js';

/** The first frame after a start without cache folder and page cache, then the series, and the series once more. */
export function coldWork({ lane, archives }: RowTools, { mr }: SmallArchive): Work {
  const first = mr[0]!;
  const step = (ask: ReturnType<typeof frameAsk>, leastBytes: number): Stage[] => [
    { clients: 1, asks: [{ ...ask, leastBytes }] },
  ];
  const byteCount = mr.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return {
    ...{ group: 'Cold', archives },
    rows: [
      { name: 'cold first frame', unit: 'ms' },
      { name: `cold series of ${mr.length}`, unit: 'ms' },
      { name: `cold series of ${mr.length}, once more`, unit: 'ms' },
    ],
    sample: async (archive) => {
      await archive.stop();
      archive.forgetCache();
      dropPages(archive);
      await archive.start();
      const series = step(seriesAsk(first), byteCount);
      const { stages } = await lane.run(archive, { steps: [step(frameAsk(first), 1_000), series, series] });
      return { values: stages.map(({ seconds }) => seconds * 1000) };
    },
  };
}

/** The files of the archive leave the page cache: `dd` of coreutils can ask for that without rights. */
function dropPages({ folder }: Archive): void {
  execFileSync('sync', ['-f', folder]);
  const each = ['-type', 'f', '-exec', 'dd', 'if={}', 'iflag=nocache', 'count=0', 'status=none', ';'];
  execFileSync('find', [folder, ...each]);
}
