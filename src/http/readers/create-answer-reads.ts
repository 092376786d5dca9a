import type { IncomingMessage, ServerResponse } from 'node:http';
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import type { Principal } from '../../access/principal.js';
import type { ReadingArchive } from '../../archive/archive.js';
import { LedgerError } from '../../base/errors.js';
import { onBehalfOf } from '../../base/on-behalf-of.js';
import { archiveOfSite } from '../message/archive-of-site.js';
import type { UploadOptions } from '../stow/store-instances.js';
import { namedFirst, type Answer, type Route } from '../route.js';
import { failureOf, headersOf, type Go, type Report } from './hand-over.js';
import type { AnswerRead } from './pass-on.js';

/** The rows that the owner hands over, made of what answers them: of what is shown, and of one site. */
export type ReadRoutes = (by: By, bySite: By, kept: { compressesFrames: boolean }) => Route[];

type By = (answer: Answer<ReadingArchive>) => RequestHandler;

interface Read {
  go: Go;
  report: (said: Report) => void;
}

/** Answers requests that have passed the owner's door, by the handlers that the owner itself has for them. */
export function createAnswerReads(
  archive: ReadingArchive,
  {
    routes,
    uploadOptions,
    compressesFrames,
  }: { routes: ReadRoutes; uploadOptions: UploadOptions; compressesFrames: boolean },
): AnswerRead {
  const reads = new WeakMap<object, Read>();
  const goOf = (response: Response): Go => readOf(response).go;
  const readOf = (response: Response): Read => response.locals['read'] as Read;
  const answered =
    (answer: Answer<ReadingArchive>, ofPath: (request: Request) => unknown): RequestHandler =>
    async (request, response) => {
      const { sees } = goOf(response);
      const caller = { sees } as Principal;
      const seen = sees === 'everything' ? archive : archive.seenBy(sees);
      const site = ofPath(request);
      const of = site === undefined ? seen : await archiveOfSite(seen, { site, caller });
      await answer(of, { ...uploadOptions, request, response, caller });
    };
  const rows = routes(
    (answer) => answered(answer, () => undefined),
    (answer) => answered(answer, ({ params }) => params['site']),
    { compressesFrames },
  );
  const router = Router({ caseSensitive: true });
  const { named, others } = namedFirst(rows);
  for (const { handler, path } of [...named, ...others]) if (handler !== 'not-implemented') router.get(path, handler);

  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.enable('case sensitive routing');
  app.use((request, response, next) => {
    const read = reads.get(request);
    if (read === undefined) throw new LedgerError('internal', 'A read came by no owner.');
    response.locals['read'] = read;
    Object.defineProperty(request, 'protocol', { value: read.go.protocol });
    onBehalfOf.run({ name: read.go.onBehalfOf ?? '', hasGone: () => response.closed }, next);
  });
  app.use(router);
  app.use((request) => {
    throw new LedgerError('internal', `A reader does not answer ${request.method} there, though it was asked to.`);
  });
  app.use(failed);

  return ({ request, response }, go, report) => {
    request.url = go.url;
    if (go.host !== undefined) request.headers.host = go.host;
    for (const [name, value] of Object.entries(go.headers)) if (value !== undefined) response.setHeader(name, value);
    reads.set(request, { go, report: watched({ request, response }, report) });
    app(request, response);
  };
}

/** Reports what was sent as it ends; a failure before anything is sent is left to the owner. */
function watched(
  { request, response }: { request: IncomingMessage; response: ServerResponse },
  report: (said: Report) => void,
): (said: Report) => void {
  const { socket } = request;
  const before = socket.bytesWritten;
  let isOver = false;
  const once = (said: Report): void => {
    if (isOver) return;
    isOver = true;
    report(said);
  };
  response.once('close', () => {
    const sentBytes = socket.bytesWritten - before;
    const end = response.writableFinished ? 'whole' : 'cut-off';
    once({ ...(response.headersSent && { status: response.statusCode }), sentBytes, end });
  });
  return once;
}

const failed: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const { report } = response.locals['read'] as Read;
  // Nobody waits for it any more.
  if (response.destroyed) return;
  const failure = failureOf(error);
  if (!response.headersSent) return report({ end: 'failed', failure, headers: headersOf(response) });
  report({ status: response.statusCode, end: 'failed', failure });
  response.destroy();
};
