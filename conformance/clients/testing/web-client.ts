import { createRequire } from 'node:module';
import path from 'node:path';
import { type DataSet, sha256 } from '../../testing/dicomweb-client.js';
import type { RunningServer } from '../../testing/server.js';
import { openBrowser, type Viewer } from '../../viewer/testing/viewer-page.js';
import { type ServedPage, servePage } from './serve-page.js';

/** One array buffer that the client hands out. */
export interface ClientPart {
  bytes: Buffer;
  contentType: string | null;
  transferSyntaxUID: string | null;
}

/** What the client resolved with: JSON, or bytes in parts; or the status and the text of the answer it rejected. */
export interface ClientAnswer {
  json?: unknown;
  parts?: ClientPart[];
  failure?: { status?: number; message: string };
  /** How many bytes were there at each call of `progressCallback`. */
  progress: number[];
}

/** dicomweb-client of npm in a page of another origin, with a bearer token. */
export interface WebClient extends Pick<Viewer, 'faults'> {
  /**
   * Calls a method of a client that is made with the URL, the token and `clientOptions`. The buffers in `datasets` are
   * handed over as array buffers.
   */
  call(method: string, options?: object, clientOptions?: object): Promise<ClientAnswer>;
  /** What it resolves with, of a method that gives bytes. Rejects when it does not. */
  parts(method: string, options: object): Promise<ClientPart[]>;
  /** The same of a method that gives data sets. */
  json(method: string, options: object): Promise<DataSet[]>;
  close(): Promise<void>;
}

/** The package of npm, as a folder of a page that `clientScript` is on. */
export const clientFolder = {
  '/dicomweb-client': path.dirname(createRequire(import.meta.url).resolve('dicomweb-client')),
};

/** Makes its class known to the whole page. */
export const clientScript = `<script type="module">
  import { api } from '/dicomweb-client/dicomweb-client.es.js';
  globalThis.DICOMwebClient = api.DICOMwebClient;
</script>`;

export const serveClientPage = (): Promise<ServedPage> =>
  servePage(`<!doctype html><title>client</title>${clientScript}`, clientFolder);

/** Opens the page at `pageUrl`, which `server` has to name among its CORS_ORIGINS. */
export async function openWebClient(pageUrl: string, server: RunningServer): Promise<WebClient> {
  const browser = await openBrowser([pageUrl, server.url]);
  const { page, faults } = browser;
  await page.goto(pageUrl);
  await page.waitForFunction(() => 'DICOMwebClient' in globalThis);
  const call: WebClient['call'] = async (method, options = {}, clientOptions = {}) => {
    const { parts, ...answer } = await page.evaluate(callInBrowser, {
      method,
      clientOptions: { url: `${server.url}/dicom-web`, headers: server.authorization, ...clientOptions },
      options: { ...options, ...bytesAsText(options) },
    });
    const received = parts?.map(({ base64, ...part }) => ({ ...part, bytes: Buffer.from(base64, 'base64') }));
    return { ...answer, ...(received && { parts: received }) };
  };
  return {
    faults,
    call,
    parts: async (method, options) => {
      const { parts, failure } = await call(method, options);
      if (parts === undefined) throw new Error(`${method}: ${failure?.message ?? 'no bytes'}`);
      return parts;
    },
    json: async (method, options) => {
      const { json, failure } = await call(method, options);
      if (json === undefined) throw new Error(`${method}: ${failure?.message ?? 'no JSON'}`);
      return json as DataSet[];
    },
    close: () => browser.close(),
  };
}

const bytesAsText = ({ datasets }: { datasets?: Buffer[] }): { datasets?: string[] } =>
  datasets === undefined ? {} : { datasets: datasets.map((bytes) => bytes.toString('base64')) };

/** The first value of one attribute in each data set. */
export const valuesOf = (dataSets: readonly DataSet[], tag: string): unknown[] =>
  dataSets.map((dataSet) => dataSet[tag]?.Value?.[0]);

/** Of instances that an answer may hold in any order. */
export const digests = (all: readonly Uint8Array[]): string[] => all.map((bytes) => sha256(bytes)).sort();

/** Runs in the browser. */
async function callInBrowser({ method, clientOptions, options }: Call): Promise<Called> {
  const { DICOMwebClient } = globalThis as unknown as { DICOMwebClient: new (options: object) => Client };
  const client = new DICOMwebClient({ ...clientOptions, verbose: false });
  const progress: number[] = [];
  const progressCallback = ({ loaded }: { loaded: number }): void => void progress.push(loaded);
  const datasets = (options['datasets'] as string[] | undefined)?.map(
    (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).buffer,
  );
  const given = { ...options, ...(datasets && { datasets }), request: { progressCallback } };
  try {
    const answer = await client[method]!(given);
    const isBytes = (value: unknown): value is Bytes => value instanceof ArrayBuffer || ArrayBuffer.isView(value);
    const all = Array.isArray(answer) ? answer : [answer];
    if (all.length === 0 || !all.every(isBytes)) return { json: answer, progress };
    const parts = all.map((part) => ({
      base64: btoa(Array.from(new Uint8Array(part), (byte) => String.fromCharCode(byte)).join('')),
      contentType: part.contentType ?? null,
      transferSyntaxUID: part.transferSyntaxUID ?? null,
    }));
    return { parts, progress };
  } catch (error) {
    const { status, message } = error as Error & { status?: number };
    return { failure: { ...(status !== undefined && { status }), message }, progress };
  }
}

interface Call {
  method: string;
  clientOptions: object;
  options: Record<string, unknown>;
}

interface Called extends Omit<ClientAnswer, 'parts'> {
  parts?: { base64: string; contentType: string | null; transferSyntaxUID: string | null }[];
}

type Client = Record<string, (options: object) => Promise<unknown>>;
type Bytes = (ArrayBuffer | Uint8Array<ArrayBuffer>) & { contentType?: string; transferSyntaxUID?: string };
