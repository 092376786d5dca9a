import type { Ask, Stage } from '../load/plan.js';
import type { Archive, ArchiveName } from '../servers/archive.js';
import { type AnswerKind, factsOf } from './facts.js';
import { BROWSER_ENCODINGS, foundAsk, frameAsk, plain, type Plain, seriesPath } from './reads.js';
import type { RowTools, Work } from './row.js';
import { OHIF_STUDIES } from './searches.js';
import type { SmallArchive } from './small-archive.js';

/** Connections of a browser to one server (HTTP/1.1). */
const CONNECTIONS = 6;

/** OHIF opens a series: the list of studies, the series of one, its metadata, all frames. */
export function ohifWorks(tools: RowTools, { mr, ct }: SmallArchive): Work[] {
  return [
    ohifWork(tools, mr, `OHIF opens ${mr.length} slices, as browsers ask`, BROWSER_ENCODINGS),
    ohifWork(tools, mr, `OHIF opens ${mr.length} slices, without Accept-Encoding`, 'identity'),
    ohifWork(
      tools,
      ct,
      `OHIF opens ${ct.length.toLocaleString('en')} slices of 128², as browsers ask`,
      BROWSER_ENCODINGS,
    ),
  ];
}

function ohifWork({ lane, archives }: RowTools, images: SmallArchive['mr'], name: string, encodings: string): Work {
  const first = images[0]!;
  const steps: { asks: Plain[]; kind: AnswerKind; clients: number }[] = [
    { asks: [foundAsk(OHIF_STUDIES, encodings)], kind: 'found, some of many', clients: 1 },
    { asks: [foundAsk(`/studies/${first.study}/series`, encodings)], kind: 'found', clients: 1 },
    { asks: [plain(`${seriesPath(first)}/metadata`, 'application/dicom+json', encodings)], kind: 'found', clients: 1 },
    { asks: images.map((image) => frameAsk(image, encodings)), kind: 'parts', clients: CONNECTIONS },
  ];
  const checked: Partial<Record<ArchiveName, Stage[][]>> = {};
  return {
    ...{ group: 'OHIF', archives, rows: [{ name, unit: 'ms' }] },
    check: async (archive: Archive) => {
      const all: string[] = [];
      checked[archive.name] = [];
      for (const { asks, kind, clients } of steps) {
        const right: Ask[] = [];
        for (const one of asks) {
          const { facts, leastBytes } = await factsOf(archive, one, kind);
          all.push(facts);
          right.push({ ...one, leastBytes });
        }
        checked[archive.name]!.push([{ clients, asks: right }]);
      }
      return all.join('; ');
    },
    sample: async (archive) => {
      const { seconds, cpuSeconds } = await lane.run(archive, { steps: checked[archive.name] ?? [] });
      return { values: [seconds * 1000], cpuMs: cpuSeconds * 1000, cores: cpuSeconds / seconds };
    },
  };
}
