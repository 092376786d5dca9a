import { SingleBar } from 'cli-progress';

/** What became of one file or instance. */
export type StoreResult =
  | { kind: 'stored' }
  | { kind: 'alreadyThere' }
  /** Taken out of use where it comes from. */
  | { kind: 'retired' }
  | { kind: 'refused'; why: string };

export interface ProgressReport {
  count(name: string, fate: StoreResult, byteCount: number): void;
  /** Takes the bar away and prints what was refused and one line of totals; exit code 1 when anything was refused. */
  finish(): void;
}

/**
 * Counts what is sent and shows a progress bar on stderr: in bytes when `totalBytes` tells them all, else in items.
 * `noun` names the items, in the plural.
 */
export function startProgressReport({
  total,
  totalBytes,
  noun,
}: {
  total: number;
  totalBytes?: number;
  noun: string;
}): ProgressReport {
  const bar = new SingleBar({
    format: `{bar} {percentage}% | {done}/{total_} ${noun} | {rate} MB/s | {eta_formatted} left`,
    stream: process.stderr,
  });
  bar.start(totalBytes ?? total, 0, { done: 0, total_: total, rate: '0.0' });
  const started = performance.now();
  const counts = { stored: 0, alreadyThere: 0, retired: 0 };
  const refused: { name: string; why: string }[] = [];
  let [done, doneBytes] = [0, 0];

  return {
    count(name, fate, byteCount) {
      if (fate.kind === 'refused') refused.push({ name, why: fate.why });
      else counts[fate.kind]++;
      doneBytes += byteCount;
      bar.increment(totalBytes === undefined ? 1 : byteCount, {
        done: ++done,
        rate: (doneBytes / 1e3 / (performance.now() - started)).toFixed(1),
      });
    },
    finish() {
      bar.stop();
      const seconds = (performance.now() - started) / 1000;
      refused.sort((a, b) => (a.name < b.name ? -1 : 1));
      for (const { name, why } of refused) console.log(`refused ${name}: ${why}`);
      const retired = counts.retired > 0 ? `${counts.retired} retired, ` : '';
      console.log(
        `${counts.stored} stored, ${counts.alreadyThere} already there, ${retired}${refused.length} refused; ` +
          `${(doneBytes / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s (${(doneBytes / 1e6 / seconds).toFixed(2)} MB/s).`,
      );
      if (refused.length > 0) process.exitCode = 1;
    },
  };
}
