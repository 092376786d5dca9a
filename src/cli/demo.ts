import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deferred } from '../base/deferred.js';
import { LedgerError } from '../base/errors.js';
import { PROJECT_ROOT } from '../base/project-root.js';
import type { DemoStudy } from '../demo/demo-studies.js';
import { makeDemo } from '../demo/make-demo.js';
import { callServer, problemOf } from './call-server.js';
import { findServer, type ServerAddress } from './server-address.js';

interface DemoOptions {
  /** A folder that is kept; a temporary one unless given. */
  data?: string;
  /** 8080 if that is free, else a free one, unless given. */
  port?: string;
  /** Whether a browser is opened, where there is one. */
  open: boolean;
}

const USUAL_PORT = 8080;
/** In a folder that the demo has made, so that it never writes into the archive of a site. */
const MARK = 'made-by-demo';
const BOUNDARY = 'dicom-ledger-demo';

/**
 * A server of its own with made images in it, on the loopback, until a signal ends it. Settings of the environment do not reach it: it
 * must never write to the chain of a consortium. Throws `bad-request` for a folder that has other data.
 */
export async function demo({ data, port, open }: DemoOptions): Promise<void> {
  let isServing = false;
  // Before the server minds them itself, the exit alone takes away what is there.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => isServing || process.exit(1));
  process.on('SIGHUP', () => process.kill(process.pid, 'SIGTERM'));
  const folder = data === undefined ? makeTemporaryFolder() : await makeKeptFolder(path.resolve(data));

  const server = deferred<ServerAddress>();
  // Images are made while the server starts.
  const stored = makeDemo(async (study, files) => storeStudy(study, { files, server: await server.promise }));
  stored.catch(() => undefined);
  const { serve } = await import('../main.js');
  const app = await serve(
    {
      DATA_DIR: folder,
      PORT: port ?? String((await isFree(USUAL_PORT)) ? USUAL_PORT : 0),
      READERS: '0',
      MIN_FREE_BYTES: String(64 * 1024 * 1024),
      LOG_LEVEL: 'error',
    },
    { announce: () => undefined },
  );
  isServing = true;
  try {
    server.resolve(await findServer(app.url, path.join(folder, 'local.token')));
    await stored;
  } catch (error) {
    await app.close();
    throw error;
  }
  const link = app.loginLink() ?? app.url;
  console.log(`\n  Open this link to see the images: ${link}\n`);
  if (!existsSync(path.join(PROJECT_ROOT, 'viewer', 'index.html')))
    console.log(
      `The viewer is not there yet: "node scripts/fetch-viewer.mjs" in ${PROJECT_ROOT} fetches it once. Then load the page again.`,
    );
  console.log(
    data === undefined
      ? 'All patients are invented. Ctrl-C ends the demo and removes what it has stored.'
      : `All patients are invented. Ctrl-C ends the demo; ${folder} keeps what it has stored.`,
  );
  if (open) openBrowser(link);
}

/** At once, so that no signal comes between the folder and what removes it. */
function makeTemporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-demo-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function makeKeptFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = await readdir(folder);
  if (names.length > 0 && !names.includes(MARK))
    throw new LedgerError('bad-request', `The folder ${folder} has data of another kind; give --data an empty one.`);
  await writeFile(path.join(folder, MARK), '');
  return folder;
}

/** Whether nobody listens at the port of the loopback. */
function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

async function storeStudy(
  { PatientName, StudyDescription }: DemoStudy,
  { files, server }: { files: readonly Uint8Array[]; server: ServerAddress },
): Promise<void> {
  const head = Buffer.from(`\r\n--${BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n`);
  const response = await callServer(server, '/dicom-web/studies', {
    method: 'POST',
    headers: {
      'Content-Type': `multipart/related; type="application/dicom"; boundary=${BOUNDARY}`,
      Accept: 'application/dicom+json',
    },
    body: Buffer.concat([...files.flatMap((file) => [head, file]), Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]),
  });
  if (response.status !== 200)
    throw new LedgerError('unavailable', `The images of "${StudyDescription}" were not stored: ${await problemOf(response)}`); // prettier-ignore
  await response.arrayBuffer();
  const count = files.length === 1 ? '1 instance' : `${files.length} instances`;
  console.log(`${StudyDescription}, ${PatientName}: ${count}`);
}

/** Where there is a desktop; whoever has none, or no such program, opens the link by hand. */
function openBrowser(url: string): void {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (!DISPLAY && !WAYLAND_DISPLAY) return;
  const child = spawn('xdg-open', [url], { detached: true, stdio: 'ignore' });
  child.once('error', () => undefined);
  child.unref();
}
