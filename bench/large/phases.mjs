// The four large things: stored, found, fetched, one frame of the middle.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { digest, imageFile, sliceSource, writeEncapsulated, writeNative } from './objects.mjs';
import { median } from '../server.mjs';
import { inLanes, requireEqual } from './web.mjs';

const anySyntax = 'multipart/related; type="application/dicom"; transfer-syntax=*';
const oneFile = 'application/dicom; transfer-syntax=*';
const oneFrame = 'application/octet-stream; transfer-syntax=*';
/** Where in an object frames are asked for: its tenths. */
const places = Array.from({ length: 11 }, (_, tenth) => tenth / 10);
const pageLimit = 500;

export const phases = {
  'multi-frame': (bed, { megabytes, data }) =>
    oneObject(bed, (file) => writeNative(file, { byteCount: megabytes * 1e6, size: 512, data })),
  jpeg: (bed, { jpegFrames }) =>
    oneObject(bed, (file) => writeEncapsulated(file, { frameCount: jpegFrames, size: 512 })),
  instance: (bed, { instanceBytes, data }) =>
    oneObject(bed, (file) => writeNative(file, { byteCount: instanceBytes - 1024, size: 512, data })),
  study,
  patient,
};

async function oneObject({ web, folder, step, repeats }, write) {
  const object = await write(path.join(folder, 'large.dcm'));
  const { study, series, instance, frameCount, byteCount, sha256, digests } = object;
  const at = `/studies/${study}/series/${series}/instances/${instance}`;
  const storing = await step('store', async () => {
    await web.postFile(object.file);
    return { byteCount };
  });
  rmSync(object.file);
  await step('find', async () => {
    const [found] = await web.json(`/studies/${study}/series/${series}/instances?includefield=NumberOfFrames`);
    requireEqual('The number of frames', Number(found['00280008'].Value[0]), frameCount);
    await web.json(`${at}/metadata`);
  });
  const frames = { count: frameCount, byteCount: Math.round(byteCount / frameCount), places };
  const numbersOf = (turn) =>
    places.map((part) =>
      Math.max(1, Math.min(frameCount, 1 + Math.floor(part * (frameCount - 1)) + (part < 1 ? turn : -turn))),
    );
  for (const [name, kind] of [
    ['frames, first time', 'cold'],
    ['frames, again', 'warm'],
  ]) {
    const times = places.map(() => []);
    await step(name, async () => {
      for (let turn = 0; turn < repeats; turn++)
        for (const [place, number] of numbersOf(3 * turn).entries()) {
          const begun = performance.now();
          const bytes = await web.bytes(`${at}/frames/${number}`, oneFrame);
          times[place].push(performance.now() - begun);
          requireEqual(`Frame ${number}`, digest(bytes), digests[number]);
        }
    });
    frames[kind] = times.map(median);
  }
  await step('rendered, a frame of the middle', async () => {
    await web.bytes(`${at}/frames/${Math.ceil(frameCount / 2)}/rendered`, 'image/jpeg');
  });
  await step('fetch the whole', async () => {
    requireEqual('The object', (await web.digest(at, oneFile)).sha256, sha256);
    return { byteCount };
  });
  return { byteCount, frames, storeMBPerSecond: byteCount / 1e6 / storing.seconds };
}

async function study({ web, step, repeats }, { slices, sliceSize, data }) {
  const source = sliceSource({ count: slices, size: sliceSize, data });
  const { study: uid, series, byteCount } = source;
  const digests = new Map();
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
    const [found] = await web.json(`/studies?StudyInstanceUID=${uid}`);
    requireEqual('The number of instances', found['00201208'].Value[0], slices);
    await web.json(`/studies/${uid}/series`);
  });
  await step(`find all instances, ${pageLimit} a page`, async () => {
    const uids = new Set();
    for (let offset = 0; offset < slices; offset += pageLimit)
      for (const item of await web.json(`${seriesPath}/instances?limit=${pageLimit}&offset=${offset}`))
        uids.add(item['00080018'].Value[0]);
    requireEqual('The number of instances found', uids.size, slices);
  });
  await step('metadata of the series', async () => {
    requireEqual('The number of data sets', (await web.json(`${seriesPath}/metadata`)).length, slices);
  });
  await step('a slice of the middle', async () => {
    const times = [];
    for (let turn = 0; turn < repeats; turn++) {
      const instance = source.uid(Math.floor(slices / 2) + turn);
      const begun = performance.now();
      await web.bytes(`${seriesPath}/instances/${instance}/frames/1`, oneFrame);
      times.push(performance.now() - begun);
    }
    return { medianMs: median(times) };
  });
  await step('fetch the whole study', async () => {
    const found = await web.partDigests(`/studies/${uid}`, anySyntax);
    requireEqual('The number of parts', found.size, slices);
    for (const [instance, sha256] of digests) requireEqual(instance, found.get(instance), sha256);
    return { byteCount };
  });
  return { byteCount, storeMBPerSecond: byteCount / 1e6 / storing.seconds };
}

async function patient({ web, step, repeats }, { images, imageSize }) {
  const PatientID = 'MANY';
  const sent = new Map();
  let byteCount = 0;
  const perDay = 100;
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
  await step(`find all instances, ${pageLimit} a page`, async () => {
    let found = 0;
    for (let offset = 0; offset < images; offset += pageLimit)
      found += (await web.json(`/instances?PatientID=${PatientID}&limit=${pageLimit}&offset=${offset}`)).length;
    requireEqual('The number of instances found', found, images);
    const studies = await web.json(`/studies?PatientID=${PatientID}&limit=1000`);
    requireEqual('The number of studies', studies.length, Math.ceil(images / perDay));
  });
  const list = await step('list the images', async () => {
    const listed = await web.json(`/patients/${PatientID}/images`);
    requireEqual('The number of images listed', listed.length, images);
    return { listed };
  });
  const { listed } = list;
  await step('one image of the middle', async () => {
    const times = [];
    for (let turn = 0; turn < repeats; turn++) {
      const { name } = listed[Math.floor(images / 2) + turn];
      const begun = performance.now();
      requireEqual(name, digest(await web.bytes(`/patients/${PatientID}/images/${name}`, '*/*')), sent.get(name));
      times.push(performance.now() - begun);
    }
    return { medianMs: median(times) };
  });
  await step('fetch all', async () => {
    await inLanes(images, async (i) => {
      const { name, SOPInstanceUID } = listed[i];
      const bytes = await web.bytes(`/patients/${PatientID}/images/${name}?uid=${SOPInstanceUID}`, '*/*');
      requireEqual(name, digest(bytes), sent.get(name));
    });
    return { byteCount };
  });
  return { byteCount, storeImagesPerSecond: images / storing.seconds };
}
