import type { Images } from '../images/open-images.js';
import type { Stage, StageOutcome } from '../load/plan.js';
import type { Archive } from '../servers/archive.js';
import type { Sizes } from '../sizes.js';
import { BROWSER_ENCODINGS, frameAsk } from './reads.js';
import type { RowTools, Work } from './row.js';
import type { SmallArchive } from './small-archive.js';

const FIRST_NUMBER = 5_000_000;
/** Between the modalities alone and those beside viewers. */
const APART = 1_000_000;

/** Viewers that ask for one frame after another while modalities store one slice after another. Faults are counted. */
export function viewersWork({ lane, archives }: RowTools, images: Images, { mr }: SmallArchive, { load }: Sizes): Work {
  const { viewers, modalities, minutes, aloneSeconds } = load;
  const templates = images.mr.map(({ bytes }) => bytes);
  const storing = (firstNumber: number, seconds: number): Stage => ({
    ...{ clients: modalities, seconds, stow: { templates, firstNumber, perRequest: 1 } },
  });
  // As browsers ask; an answer may be compressed.
  const asks = mr.map((image) => ({ ...frameAsk(image, BROWSER_ENCODINGS), leastBytes: 1_000 }));
  const title = `${viewers} viewers + ${modalities} modalities`;
  return {
    group: `Load of ${viewers} viewers and ${modalities} modalities, ${minutes} minutes`,
    archives,
    pairs: 1,
    rows: [
      { name: `${title}: errors`, unit: 'errors' },
      { name: `${title}: frames`, unit: 'req/s' },
      { name: `${title}: frames p50`, unit: 'ms' },
      { name: `${title}: frames p99`, unit: 'ms' },
      { name: `${title}: frames max`, unit: 'ms' },
      { name: `${title}: stores p50`, unit: 'ms' },
      { name: `${title}: stores`, unit: 'MB/s' },
      { name: `${modalities} modalities alone: stores`, unit: 'MB/s' },
    ],
    sample: async (archive: Archive) => {
      const alone = await lane.run(archive, { steps: [[storing(FIRST_NUMBER, aloneSeconds)]], countsFaults: true });
      const both = await lane.run(archive, {
        steps: [[{ clients: viewers, seconds: minutes * 60, asks }, storing(FIRST_NUMBER + APART, minutes * 60)]],
        countsFaults: true,
      });
      const [frames, stores] = both.stages as [StageOutcome, StageOutcome];
      const rate = ({ bytes, seconds }: StageOutcome): number => bytes / seconds / 1e6;
      const { p50, p99, most } = frames.latencies;
      return {
        values: [
          ...[frames.wrong + stores.wrong + alone.stages[0]!.wrong, frames.requests / frames.seconds, p50, p99, most],
          ...[stores.latencies.p50, rate(stores), rate(alone.stages[0]!)],
        ],
        cores: both.cpuSeconds / both.seconds,
      };
    },
  };
}
