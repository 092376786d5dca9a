import { until } from '../../src/base/testing/until.js';
import { startClock } from './clock.js';
import type { ImageToSend, Researcher } from './researcher.js';

/** How often site B is asked for what site A is storing. */
const PAUSE_MS = 20;
const TIMEOUT_MS = 600_000;

/** An image as the list of a patient's images has it. */
interface ListedImage {
  name: string;
  state: string;
  url: string;
  instanceUrl: string;
}

export interface OurMethod extends Researcher {
  /** `storingMs`: until STOW-RS answers. `firstViewableStoringMs`: until site B can show it, by its thumbnail or as a whole. */
  storeImage: (
    patientId: string,
    image: ImageToSend,
    options: { withPreview: boolean; askEveryMs?: number },
  ) => Promise<{ storingMs: number; firstViewableStoringMs: number }>;
}

/** One researcher at each of two sites with this project: STOW-RS at site A, thumbnail and file at site B. */
export function createOurMethod({ urlA, urlB }: { urlA: string; urlB: string }): OurMethod {
  /** One after another. */
  const store: OurMethod['store'] = async ({ patientId, images }, { withPreview }) => {
    const times: { storingMs: number; firstViewableStoringMs: number }[] = [];
    for (const image of images) times.push(await storeImage(patientId, image, { withPreview }));
    const sum = (key: 'storingMs' | 'firstViewableStoringMs'): number =>
      times.reduce((total, time) => total + time[key], 0);
    return { storingMs: sum('storingMs'), firstViewableStoringMs: sum('firstViewableStoringMs') };
  };

  const storeImage: OurMethod['storeImage'] = async (patientId, image, options) => {
    const { withPreview, askEveryMs = PAUSE_MS } = options;
    const elapsed = startClock();
    const answered = post(patientId, image).then(elapsed);
    const viewable = until(
      `the first view of an image at ${urlB}`,
      () => isViewable(patientId, image.fileName, withPreview),
      { pauseMs: askEveryMs, timeoutMs: TIMEOUT_MS },
    ).then(elapsed);
    const [storingMs, firstViewableStoringMs] = await Promise.all([answered, viewable]);
    return { storingMs, firstViewableStoringMs };
  };

  async function post(patientId: string, { fileName, mediaType, bytes }: ImageToSend): Promise<void> {
    const query = new URLSearchParams({ PatientID: patientId, fileName }).toString();
    const answer = await fetch(`${urlA}/dicom-web/studies?${query}`, {
      method: 'POST',
      headers: { 'Content-Type': mediaType },
      body: bytes as Buffer<ArrayBuffer>,
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`A store at ${urlA} was answered with ${answer.status}: ${text}`);
    if (answer.headers.has('x-already-stored')) throw new Error('An image was on the chain before it was stored.');
  }

  async function isViewable(patientId: string, fileName: string, withPreview: boolean): Promise<boolean> {
    const image = (await list(patientId)).find(({ name }) => name === fileName);
    if (!image) return false;
    if (!withPreview) return image.state === 'sealed';
    return (await thumbnail(image)).length > 0;
  }

  async function list(patientId: string): Promise<ListedImage[]> {
    const answer = await get(`${urlB}/dicom-web/patients/${encodeURIComponent(patientId)}/images`);
    return (await answer.json()) as ListedImage[];
  }

  async function thumbnail({ instanceUrl }: ListedImage): Promise<Buffer> {
    return Buffer.from(await (await get(`${instanceUrl}/thumbnail`)).arrayBuffer());
  }

  /** Loads thumbnails, then the files, at site B. */
  const load: OurMethod['load'] = async ({ patientId }, { withPreview }) => {
    const elapsed = startClock();
    const images = await list(patientId);
    let firstViewableMs: number | undefined;
    let previewBytes = 0;
    if (withPreview) {
      for (const image of images) previewBytes += (await thumbnail(image)).length;
      firstViewableMs = elapsed();
    }
    const loaded: Buffer[] = [];
    for (const { url } of images) loaded.push(Buffer.from(await (await get(url)).arrayBuffer()));
    const loadingMs = elapsed();
    if (!withPreview && (await fetch(`${images[0]?.instanceUrl}/thumbnail`)).status !== 404)
      throw new Error(`The server at ${urlA} made a preview though it was told not to.`);
    const names = images.map(({ name }) => name);
    return { loadingMs, firstViewableLoadingMs: firstViewableMs ?? loadingMs, previewBytes, loaded, names };
  };

  async function get(url: string): Promise<Response> {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url} was answered with ${answer.status}: ${await answer.text()}`);
    return answer;
  }

  return { store, storeImage, load };
}
