import { startClock, until } from './clock.mjs';

/** How often site B is asked for what site A is storing. */
const pauseMs = 20;

/** One researcher at each of two sites with this project: STOW-RS at site A, thumbnail and file at site B. */
export function openOurMethod({ urlA, urlB }) {
  /** Stores the images one after another; milliseconds. */
  async function store({ patientId, images }, { withPreview }) {
    const times = [];
    for (const image of images) times.push(await storeImage(patientId, image, { withPreview }));
    const sum = (key) => times.reduce((total, time) => total + time[key], 0);
    return { storingMs: sum('storingMs'), firstViewableStoringMs: sum('firstViewableStoringMs') };
  }

  /** `storingMs`: until STOW-RS answers. `firstViewableStoringMs`: until site B can show it, by its thumbnail or as a whole. */
  async function storeImage(patientId, image, { withPreview, askEveryMs = pauseMs }) {
    const elapsed = startClock();
    const answered = post(patientId, image).then(elapsed);
    const viewable = until(() => isViewable(patientId, image.fileName, withPreview), {
      pauseMs: askEveryMs,
      what: `The first view of an image at ${urlB}`,
    }).then(elapsed);
    const [storingMs, firstViewableStoringMs] = await Promise.all([answered, viewable]);
    return { storingMs, firstViewableStoringMs };
  }

  async function post(patientId, { fileName, mediaType, bytes }) {
    const query = new URLSearchParams({ PatientID: patientId, fileName });
    const answer = await fetch(`${urlA}/dicom-web/studies?${query}`, {
      method: 'POST',
      headers: { 'Content-Type': mediaType },
      body: bytes,
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`A store at ${urlA} was answered with ${answer.status}: ${text}`);
    if (answer.headers.has('x-already-stored')) throw new Error('An image was on the chain before it was stored.');
  }

  async function isViewable(patientId, fileName, withPreview) {
    const image = (await list(patientId)).find(({ name }) => name === fileName);
    if (!image) return undefined;
    if (!withPreview) return image.state === 'sealed' || undefined;
    return (await thumbnail(image)).length > 0 || undefined;
  }

  async function list(patientId) {
    return (await get(`${urlB}/dicom-web/patients/${encodeURIComponent(patientId)}/images`)).json();
  }

  async function thumbnail({ instanceUrl }) {
    return Buffer.from(await (await get(`${instanceUrl}/thumbnail`)).arrayBuffer());
  }

  /** Loads thumbnails, then the files, at site B. */
  async function load({ patientId }, { withPreview }) {
    const elapsed = startClock();
    const images = await list(patientId);
    let firstViewableMs;
    let previewBytes = 0;
    if (withPreview) {
      for (const image of images) previewBytes += (await thumbnail(image)).length;
      firstViewableMs = elapsed();
    }
    const loaded = [];
    for (const { url } of images) loaded.push(Buffer.from(await (await get(url)).arrayBuffer()));
    const loadingMs = elapsed();
    if (!withPreview && (await fetch(`${images[0].instanceUrl}/thumbnail`)).status !== 404)
      throw new Error(`The server at ${urlA} made a preview though it was told not to.`);
    const names = images.map(({ name }) => name);
    return { loadingMs, firstViewableLoadingMs: firstViewableMs ?? loadingMs, previewBytes, loaded, names };
  }

  async function get(url) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url} was answered with ${answer.status}: ${await answer.text()}`);
    return answer;
  }

  return { store, storeImage, load };
}
