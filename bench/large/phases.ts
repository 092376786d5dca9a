import type { DicomJson } from '../../src/standard/dicom-json.js';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { firstValue } from '../first-value.js';
import { inLanes } from '../in-lanes.js';
import { median } from '../statistics.js';
import { type Client, requireEqual } from './client.js';
import type { StepFigures } from './memory.js';
import {
  digest,
  imageFile,
  type LargeObject,
  type PixelData,
  sliceSource,
  writeEncapsulated,
  writeNative,
} from './objects.js';

const ANY_SYNTAX = 'multipart/related; type="application/dicom"; transfer-syntax=*';
const ONE_FILE = 'application/dicom; transfer-syntax=*';
const ONE_FRAME = 'application/octet-stream; transfer-syntax=*';
/** Where in an object frames are asked for: its tenths. */
const PLACES: readonly number[] = Array.from({ length: 11 }, (_, tenth) => tenth / 10);
const PAGE_LIMIT = 500;

/** How large the things are. */
export interface Sizes {
  megabytes: number;
  jpegFrames: number;
  instanceBytes: number;
  slices: number;
  sliceSize: number;
  images: number;
  imageSize: number;
  data: PixelData;
}

/** What a step says of itself. */
export interface StepResult {
  byteCount?: number;
  medianMs?: number;
}

export interface PhaseBed {
  web: Client;
  /** For files. */
  folder: string;
  repeats: number;
  /** Does the work, measured and noted under the title. */
  step: (title: string, work: () => Promise<StepResult | void>) => Promise<StepFigures>;
}

/** Milliseconds of one frame by its place, the first time and again. */
export interface FrameFigures {
  count: number;
  /** Of one frame. */
  byteCount: number;
  places: readonly number[];
  cold: number[];
  warm: number[];
}

export interface PhaseFigures {
  byteCount: number;
  frames?: FrameFigures;
  storeMBPerSecond?: number;
  storeImagesPerSecond?: number;
}

/** Large things: stored, found, fetched, a part of the middle. */
export const PHASES: Record<string, (bed: PhaseBed, sizes: Sizes) => Promise<PhaseFigures>> = {
  'multi-frame': (bed, { megabytes, data }) =>
    oneObject(bed, (file) => writeNative(file, { byteCount: megabytes * 1e6, size: 512, data })),
  jpeg: (bed, { jpegFrames }) =>
    oneObject(bed, (file) => writeEncapsulated(file, { frameCount: jpegFrames, size: 512 })),
  instance: (bed, { instanceBytes, data }) =>
    oneObject(bed, (file) => writeNative(file, { byteCount: instanceBytes - 1024, size: 512, data })),
  study,
  patient,
};

async function oneObject(
  { web, folder, step, repeats }: PhaseBed,
  write: (file: string) => Promise<LargeObject>,
): Promise<PhaseFigures> {
  const object = await write(path.join(folder, 'large.dcm'));
  const { study, series, instance, frameCount, byteCount, sha256, digests } = object;
  const at = `/studies/${study}/series/${series}/instances/${instance}`;
  const storing = await step('store', async () => {
    await web.postFile(object.file);
    return { byteCount };
  });
  rmSync(object.file);
  await step('find', async () => {
    const [found] = await web.json<DicomJson[]>(
      `/studies/${study}/series/${series}/instances?includefield=NumberOfFrames`,
    );
    requireEqual('The number of frames', Number(firstValue(found, '00280008')), frameCount);
    await web.json(`${at}/metadata`);
  });
  const frames: FrameFigures = {
    count: frameCount,
    byteCount: Math.round(byteCount / frameCount),
    places: PLACES,
    cold: [],
    warm: [],
  };
  const numbersOf = (turn: number): number[] =>
    PLACES.map((part) =>
      Math.max(1, Math.min(frameCount, 1 + Math.floor(part * (frameCount - 1)) + (part < 1 ? turn : -turn))),
    );
  for (const [name, kind] of [
    ['frames, first time', 'cold'],
    ['frames, again', 'warm'],
  ] as const) {
    const times = PLACES.map((): number[] => []);
    await step(name, async () => {
      for (let turn = 0; turn < repeats; turn++)
        for (const [place, number] of numbersOf(3 * turn).entries()) {
          const begun = performance.now();
          const bytes = await web.bytes(`${at}/frames/${number}`, ONE_FRAME);
          times[place]!.push(performance.now() - begun);
          requireEqual(`Frame ${number}`, digest(bytes), digests[number]!);
        }
    });
    frames[kind] = times.map((of) => median(of));
  }
  await step('rendered, a frame of the middle', async () => {
    await web.bytes(`${at}/frames/${Math.ceil(frameCount / 2)}/rendered`, 'image/jpeg');
  });
  await step('fetch the whole', async () => {
    requireEqual('The object', (await web.digest(at, ONE_FILE)).sha256, sha256);
    return { byteCount };
  });
  return { byteCount, frames, storeMBPerSecond: byteCount / 1e6 / storing.seconds };
}

async function study({ web, step, repeats }: PhaseBed, { slices, sliceSize, data }: Sizes): Promise<PhaseFigures> {
  const source = sliceSource({ count: slices, size: sliceSize, data });
  const { study: uid, series, byteCount } = source;
  const digests = new Map<string, string>();
  const seriesPath = `/studies/${uid}/series/${series}`;
  const storing = await step('store', async () => {
    await inLanes(slices, async (i) => {
      const bytes = source.bytes(i);
      digests.set(source.uid(i), digest(bytes));
      await web.postDicom(bytes);
    });
    return { byteCount };
  });
  await step('find the study and its series', async () => {
    const [found] = await web.json<DicomJson[]>(`/studies?StudyInstanceUID=${uid}`);
    requireEqual('The number of instances', Number(firstValue(found, '00201208')), slices);
    await web.json(`/studies/${uid}/series`);
  });
  await step(`find all instances, ${PAGE_LIMIT} a page`, async () => {
    const uids = new Set<string>();
    for (let offset = 0; offset < slices; offset += PAGE_LIMIT)
      for (const item of await web.json<DicomJson[]>(`${seriesPath}/instances?limit=${PAGE_LIMIT}&offset=${offset}`))
        uids.add(String(firstValue(item, '00080018')));
    requireEqual('The number of instances found', uids.size, slices);
  });
  await step('metadata of the series', async () => {
    requireEqual('The number of data sets', (await web.json<unknown[]>(`${seriesPath}/metadata`)).length, slices);
  });
  await step('a slice of the middle', async () => {
    const times: number[] = [];
    for (let turn = 0; turn < repeats; turn++) {
      const instance = source.uid(Math.floor(slices / 2) + turn);
      const begun = performance.now();
      await web.bytes(`${seriesPath}/instances/${instance}/frames/1`, ONE_FRAME);
      times.push(performance.now() - begun);
    }
    return { medianMs: median(times) };
  });
  await step('fetch the whole study', async () => {
    const found = await web.partDigests(`/studies/${uid}`, ANY_SYNTAX);
    requireEqual('The number of parts', found.size, slices);
    for (const [instance, sha256] of digests) requireEqual<string | undefined>(instance, found.get(instance), sha256);
    return { byteCount };
  });
  return { byteCount, storeMBPerSecond: byteCount / 1e6 / storing.seconds };
}

async function patient({ web, step, repeats }: PhaseBed, { images, imageSize }: Sizes): Promise<PhaseFigures> {
  const PatientID = 'MANY';
  const sent = new Map<string, string>();
  let byteCount = 0;
  const perDay = 100;
  let listed: { name: string; SOPInstanceUID: string }[] = [];
  const storing = await step('store', async () => {
    await inLanes(images, async (i) => {
      const image = await imageFile(i, { size: imageSize });
      const day = new Date(Date.UTC(2020, 0, 1 + Math.floor(i / perDay))).toISOString().slice(0, 10);
      sent.set(image.name, digest(image.bytes));
      byteCount += image.bytes.length;
      await web.postImage(image, { PatientID, acquisition: day });
    });
    return { byteCount };
  });
  await step(`find all instances, ${PAGE_LIMIT} a page`, async () => {
    let found = 0;
    for (let offset = 0; offset < images; offset += PAGE_LIMIT)
      found += (await web.json<unknown[]>(`/instances?PatientID=${PatientID}&limit=${PAGE_LIMIT}&offset=${offset}`))
        .length;
    requireEqual('The number of instances found', found, images);
    const studies = await web.json<unknown[]>(`/studies?PatientID=${PatientID}&limit=1000`);
    requireEqual('The number of studies', studies.length, Math.ceil(images / perDay));
  });
  await step('list the images', async () => {
    listed = await web.json(`/patients/${PatientID}/images`);
    requireEqual('The number of images listed', listed.length, images);
  });
  await step('one image of the middle', async () => {
    const times: number[] = [];
    for (let turn = 0; turn < repeats; turn++) {
      const { name } = listed[Math.floor(images / 2) + turn]!;
      const begun = performance.now();
      requireEqual<string | undefined>(
        name,
        digest(await web.bytes(`/patients/${PatientID}/images/${name}`, '*/*')),
        sent.get(name),
      );
      times.push(performance.now() - begun);
    }
    return { medianMs: median(times) };
  });
  await step('fetch all', async () => {
    await inLanes(images, async (i) => {
      const { name, SOPInstanceUID } = listed[i]!;
      const bytes = await web.bytes(`/patients/${PatientID}/images/${name}?uid=${SOPInstanceUID}`, '*/*');
      requireEqual<string | undefined>(name, digest(bytes), sent.get(name));
    });
    return { byteCount };
  });
  return { byteCount, storeImagesPerSecond: images / storing.seconds };
}
