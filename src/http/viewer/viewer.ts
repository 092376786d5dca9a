import { existsSync } from 'node:fs';
import path from 'node:path';
import compression from 'compression';
import express, { Router, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { LedgerError } from '../../base/errors.js';
import { DICOMWEB_PATH } from '../message/dicomweb-root.js';
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

/** A name with a hash of its content in it never changes. */
const HASHED_NAME = /(^|[.-])[0-9a-f]{8,}\.(js|css|wasm|svg|png|woff2?)$/;

/**
 * The viewer at `/`: the files of `viewerFolder`, our own configuration, and its page for every path that it routes itself. No browser
 * keeps the page, so that a step back after log out asks for it again.
 */
export function viewer({ viewerFolder }: { viewerFolder: string }): Router {
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
    response.type('text/javascript').send(viewerConfig(DICOMWEB_PATH));
  });
  router.use(express.static(viewerFolder, { index: false, setHeaders: cacheFile }));
  router.get('/{*page}', (request, response, next) => {
    // A navigation, not a file or a call that went astray.
    const isPage = path.extname(request.path) === '' && request.headers.accept?.includes('text/html');
    if (request.path !== '/' && isPage !== true) next();
    else if (existsSync(page)) response.sendFile(page, { cacheControl: false, headers: { 'Cache-Control': 'no-store' } });
    else response.type('html').send(ABSENT_PAGE);
  });
  return router;
}

/** Of the viewer as an application that can be put on a desktop. */
export function sendManifest({ viewerFolder }: { viewerFolder: string }): RequestHandler {
  const file = path.join(viewerFolder, 'manifest.json');
  return (_request, response) => {
    if (!existsSync(file)) throw new LedgerError('not-found', 'The viewer has not been fetched.');
    response.sendFile(file, { cacheControl: false, headers: { 'Cache-Control': 'no-cache' } });
  };
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
