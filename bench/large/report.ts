import type { Machine } from '../machine.js';
import { markdownTable, row } from '../markdown-table.js';
import type { StepFigures } from './memory.js';
import type { FrameFigures, PhaseFigures, Sizes, StepResult } from './phases.js';

/** A phase as it was run, on a server of its own; resident memory in MB of 10⁶ bytes. */
export interface PhaseRun extends PhaseFigures {
  at: string;
  commit: string;
  machine: Machine;
  sizes: Sizes;
  steps: ({ title: string } & StepResult & StepFigures)[];
  /** When the server had started, after it had done a little of everything, and after all. */
  startedMB: number;
  warmedWith: number;
  idleMB: number;
  idleAfterMB: number;
  /** The most of any step. */
  overIdleMB: number;
}

/** `large.json`: by the name of the phase. */
export type LargeReport = Record<string, PhaseRun>;

const seconds = (value: number): string => value.toFixed(value < 10 ? 2 : 0);
const count = (value: number): string => Math.round(value).toLocaleString('en');
const percent = (part: number): string => `${Math.round(part * 100)} %`;

const framesOf = ({ frames }: PhaseFigures): string => count(frames?.count ?? 0);

const TITLES: Record<string, (phase: PhaseRun) => string> = {
  'multi-frame': (phase) =>
    `A multi-frame of ${count(phase.byteCount / 1e6)} MB: ${framesOf(phase)} frames without compression`,
  jpeg: (phase) =>
    `A multi-frame of ${framesOf(phase)} JPEG frames, ${count(phase.byteCount / 1e6)} MB, without an offset table`,
  instance: (phase) => `An instance of ${count(phase.byteCount)} bytes: ${framesOf(phase)} frames`,
  study: ({ byteCount, sizes }) =>
    `A study of ${count(sizes.slices)} slices of ${sizes.sliceSize} × ${sizes.sliceSize}, ${count(byteCount / 1e6)} MB`,
  patient: ({ byteCount, sizes }) =>
    `A patient with ${count(sizes.images)} images (JPG and PNG), ${count(byteCount / 1e6)} MB`,
};

/** The report as Markdown. */
export function reportOf(report: LargeReport, { goalMB }: { goalMB: number }): string {
  const phases = Object.entries(TITLES).flatMap(([name, title]) => {
    const phase = report[name];
    return phase ? [{ name, title: title(phase), phase }] : [];
  });
  const rows = phases.map(({ title, phase: { idleMB, overIdleMB, idleAfterMB } }) => {
    return row(
      title,
      idleMB,
      idleMB + overIdleMB,
      `**${overIdleMB}**`,
      overIdleMB <= goalMB ? 'yes' : 'no',
      idleAfterMB,
    );
  });
  return `# Large things

\`npm run bench:large\` (one of them: \`-- --only study\`). A server on its embedded chain for each, started as \`npm start\` does; before, it has stored, shown, found and given back a
little of everything (8 slices, 4 images, and the small ones of ../shared/data/dicom/pydicom where that is), so that each of its threads is warm. Resident memory as Linux counts it (VmRSS,
VmHWM), in MB of 10⁶ bytes; *idle* is the median of 4 s, 4 s after that. Whatever is fetched is compared with what was sent. The goal: never more than idle + ${goalMB} MB.

${markdownTable(['', 'idle', 'most', 'over idle', `≤ ${goalMB}`, 'idle after'], rows)}

${phases.map(phasePart).join('\n')}`;
}

function phasePart({ name, title, phase }: { name: string; title: string; phase: PhaseRun }): string {
  const { at, commit, machine, steps, frames, sizes } = phase;
  const rows = steps.map(({ title: step, seconds: time, byteCount, medianMs, medianMB, peakMB, afterMB }) =>
    row(
      step,
      medianMs === undefined ? `${seconds(time)} s` : `${medianMs.toFixed(0)} ms each`,
      byteCount === undefined ? '' : `${(byteCount / 1e6 / time).toFixed(1)} MB/s`,
      medianMB,
      peakMB,
      afterMB,
    ),
  );
  return `## ${title}

${at}, commit ${commit}, ${machine.cores} × ${machine.cpu}, node ${machine.node}, load ${machine.load.join(' ')} before${name === 'jpeg' || name === 'patient' ? '' : `; data: ${sizes.data}`}.

${markdownTable(['', 'time', '', 'RSS, median', 'most', 'after'], rows)}
${frames ? framesPart(frames) : ''}`;
}

function framesPart({ count: frameCount, byteCount, places, cold, warm }: FrameFigures): string {
  const shown = (times: readonly number[]): string[] => times.map((time) => time.toFixed(1));
  return `
A frame of ${count(byteCount / 1000)} KB by where it stands among ${count(frameCount)}; milliseconds, median; the first time it comes from the chain, then from the cache.

${markdownTable(['', ...places.map(percent)], [row('first time', ...shown(cold)), row('again', ...shown(warm))])}
`;
}
