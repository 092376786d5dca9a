import path from 'node:path';
import { allocatedBytes } from '../disk-bytes.js';
import { firstValue } from '../first-value.js';
import type { DicomJson } from '../../src/standard/dicom-json.js';
import type { Images } from './images/open-images.js';
import type { Lane } from './load/open-lane.js';
import { isWantedWork, measureWorks, type MeasureOptions } from './measure-works.js';
import type { Measured, OrthancRun } from './report/results.js';
import { coldWork } from './rows/cold.js';
import { ohifWorks } from './rows/ohif.js';
import { readWorks } from './rows/reads.js';
import type { RowTools, Work } from './rows/row.js';
import { smallSearchWorks, type SmallStudy } from './rows/searches.js';
import { fillSmallArchive, type SmallArchive } from './rows/small-archive.js';
import { createMemoryWork, startWork } from './rows/starts.js';
import { storeWorks } from './rows/stores.js';
import { viewersWork } from './rows/viewers.js';
import type { Archive, Archives } from './servers/archive.js';
import type { FoundOrthanc } from './servers/find-orthanc.js';
import { openOrthanc } from './servers/open-orthanc.js';
import { openOurs } from './servers/open-ours.js';
import type { Sizes } from './sizes.js';

export interface ArchivesOptions extends MeasureOptions {
  folder: string;
  lane: Lane;
  orthanc: FoundOrthanc;
  sizes: Sizes;
  images: Images;
}

/** Reads, searches, stores, starts and the load, with archives that hold images. */
export async function measureArchives(
  options: ArchivesOptions,
): Promise<Measured & { dicomWeb: string; diskBytes: NonNullable<OrthancRun['diskBytes']> }> {
  const { folder, lane, orthanc, sizes, images, say } = options;
  const archives: Archives = [openOurs(path.join(folder, 'ours')), openOrthanc(path.join(folder, 'orthanc'), orthanc)];
  try {
    for (const archive of archives) await archive.start();
    const small = await fillSmallArchive(archives, images, sizes);
    say('Both are filled.');
    for (const archive of archives) {
      await archive.stop();
      await archive.start();
    }
    const memory = createMemoryWork(archives);
    await memory.noteIdle();
    const tools: RowTools = { lane, archives, seconds: sizes.seconds };
    const works: Work[] = [
      ...smallSearchWorks(tools, small, await studyOf(archives[0], small)),
      ...readWorks(tools, small),
      ...ohifWorks(tools, small),
      ...storeWorks(tools, images, small, sizes),
      memory.work,
      coldWork(tools, small),
      startWork(archives, 'start, small archive'),
      viewersWork(tools, images, small, sizes),
    ];
    const measured = await measureWorks(works.filter(isWantedWork(options)), options);
    return {
      ...measured,
      dicomWeb: await dicomWebVersion(archives[1]),
      diskBytes: { ours: allocatedBytes(archives[0].folder), Orthanc: allocatedBytes(archives[1].folder) },
    };
  } finally {
    await Promise.all(archives.map((archive) => archive.stop()));
  }
}

/** A study of the small CT slices, as a search gives it. */
async function studyOf({ url, headers }: Archive, { ct }: SmallArchive): Promise<SmallStudy> {
  const answer = await fetch(`${url}/dicom-web/studies?StudyInstanceUID=${ct[0]!.study}`, { headers });
  const [found] = (await answer.json()) as DicomJson[];
  const name = found?.['00100010']?.Value?.[0] as { Alphabetic?: string } | undefined;
  return {
    PatientID: String(firstValue(found, '00100020')),
    partOfName: name?.Alphabetic?.slice(1, 5) ?? '',
  };
}

async function dicomWebVersion({ url }: Archive): Promise<string> {
  const about = (await (await fetch(`${url}/plugins/dicom-web`)).json()) as { Version: string };
  return about.Version;
}
