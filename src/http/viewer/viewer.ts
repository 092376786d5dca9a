import { existsSync } from 'node:fs';
import path from 'node:path';
import compression from 'compression';
import express, { Router, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { LedgerError } from '../../base/errors.js';
import { DICOMWEB_PATH } from '../message/dicomweb-root.js';
import { movedFile } from './moved-file.js';
import { viewerConfig } from './viewer-config.js';

/**
 * The image codecs are WebAssembly built with run-time code, which needs 'unsafe-eval'; previews, workers and PDF come as
 * blobs.
 */
const POLICY = {
  'default-src': ["'self'"],
  'script-src': ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
  'worker-src': ["'self'", 'blob:'],
  'img-src': ["'self'", 'data:', 'blob:'],
  'connect-src': ["'self'", 'blob:', 'data:'],
  'style-src': ["'self'", "'unsafe-inline'"],
  'font-src': ["'self'", 'data:'],
  'object-src': ["'self'", 'blob:'],
  'frame-src': ["'self'", 'blob:'],
  'base-uri': ["'self'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'self'"],
};

export interface ViewerParts {
  /** Where its files lie; they may be absent. */
  viewerFolder: string;
  /** Path of the server on its host, '' for all of it. */
  basePath: string;
}

/** A name with a hash of its content in it never changes. */
const HASHED_NAME = /(^|[.-])[0-9a-f]{8,}\.(js|css|wasm|svg|png|woff2?)$/;

/**
 * The viewer at `/`: the files of `viewerFolder`, our own configuration, and its page for every path that it routes itself. No browser
 * keeps the page, so that a step back after log out asks for it again.
 */
export function viewer({ viewerFolder, basePath }: ViewerParts): Router {
  const router = Router();
  const page = path.join(viewerFolder, 'index.html');
  router.use(
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: POLICY },
      crossOriginEmbedderPolicy: false,
      strictTransportSecurity: false,
    }),
  );
  router.use(compression());
  router.get('/app-config.js', (_request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    response.type('text/javascript').send(viewerConfig({ basePath, root: DICOMWEB_PATH }));
  });
  if (basePath !== '') router.get(/^\/[\w.-]+\.(?:js|css)$/, sendMoved({ viewerFolder, basePath }));
  router.use(express.static(viewerFolder, { index: false, redirect: false, setHeaders: cacheFile }));
  router.get('/{*page}', (request, response, next) => {
    // A navigation, not a file or a call that went astray.
    const isPage = path.extname(request.path) === '' && request.headers.accept?.includes('text/html');
    if (request.path !== '/' && isPage !== true) next();
    else if (existsSync(page)) {
      response.setHeader('Cache-Control', 'no-store');
      return sendFileBelow(basePath, { file: page, response });
    }
    else response.type('html').send(ABSENT_PAGE);
  });
  return router;
}

/** Of the viewer as an application that can be put on a desktop. */
export function sendManifest({ viewerFolder, basePath }: ViewerParts): RequestHandler {
  const file = path.join(viewerFolder, 'manifest.json');
  return (_request, response) => {
    if (!existsSync(file)) throw new LedgerError('not-found', 'The viewer has not been fetched.');
    response.setHeader('Cache-Control', 'no-cache');
    return sendFileBelow(basePath, { file, response });
  };
}

/** Of the script and style files, which name others. */
function sendMoved({ viewerFolder, basePath }: ViewerParts): RequestHandler {
  return async (request, response, next) => {
    const file = path.join(viewerFolder, path.basename(request.path));
    if (!existsSync(file)) return next();
    cacheFile(response, file);
    await sendFileBelow(basePath, { file, response });
  };
}

/** As it lies there, for a server that has all of its host. */
async function sendFileBelow(basePath: string, { file, response }: { file: string; response: Response }): Promise<void> {
  if (basePath === '') response.sendFile(file, { cacheControl: false });
  else response.type(path.extname(file)).send(await movedFile(file, basePath));
}

function cacheFile(response: Response, file: string): void {
  const lasting = HASHED_NAME.test(path.basename(file));
  response.setHeader('Cache-Control', lasting ? 'public, max-age=31536000, immutable' : 'no-cache');
}

const ABSENT_PAGE = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>dicom-ledger</title>
<h1>dicom-ledger</h1>
<p>The archive is running; its DICOMweb root is <code>${DICOMWEB_PATH}</code>.</p>
<p>The viewer has not been fetched. Run <code>node scripts/fetch-viewer.mjs</code> in the folder of dicom-ledger and load
this page again.</p>
</html>
`;
