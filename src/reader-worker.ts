import type { Socket } from 'node:net';
import { createLog } from './base/log.js';
import { createReadingArchive } from './archive/create-reading-archive.js';
import { openCatalogReader } from './catalog/sqlite/open-catalog-reader.js';
import { openPictureWorkers } from './dicom/render/picture-workers.js';
import { answerGiven, prepareListener } from './http/listen/open-listener.js';
import { createAskOwner } from './http/readers/ask-owner.js';
import { createAnswerReads } from './http/readers/create-answer-reads.js';
import { createPassOn } from './http/readers/pass-on.js';
import { readRoutes } from './http/reading-routes.js';
import type { ReaderOrder, ToOwner, ToReader } from './reader-order.js';

const PICTURE_TIMEOUT_MS = 20_000;
/** A site that the consortium gives another name has it in all readers by then. */
const NAMES_EVERY_MS = 60_000;

// The owner says when to stop; a terminal tells the whole group.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('SIGHUP', () => undefined);
// Without the owner nobody says who may see what.
process.on('disconnect', () => process.exit(0));

const say = (said: ToOwner): void => void (process.connected && process.send?.(said));

async function start(order: ReaderOrder): Promise<void> {
  const log = createLog(order.logLevel);
  const owner = createAskOwner(order.owner);
  const names = new Map<number, string>();
  const learnNames = async (): Promise<void> => {
    for (const { siteId, name } of await owner.sites()) names.set(siteId, name);
  };
  await learnNames();
  setInterval(() => void learnNames().catch(() => undefined), NAMES_EVERY_MS).unref();
  const siteName = (siteId: number): string => {
    const name = names.get(siteId);
    if (name === undefined) learnNames().catch(() => undefined);
    return name ?? `site ${siteId}`;
  };
  const catalog = openCatalogReader({
    ...{ file: order.catalogFile, annotationsFile: order.annotationsFile },
    ...{ site: order.rules, siteName },
  });
  const pictures = openPictureWorkers({ threads: order.threads, timeoutMs: PICTURE_TIMEOUT_MS, log });
  const archive = createReadingArchive(
    { catalog, owner, pictures },
    {
      siteId: order.rules.siteId,
      cacheFolder: order.cacheFolder,
      memoryBytes: order.memoryBytes,
      maxInstanceBytes: order.cachedInstanceBytes,
    },
  );
  const uploadOptions = { publicUrl: order.publicUrl, maxInstanceBytes: order.maxInstanceBytes };
  const app = createPassOn(
    order.owner,
    createAnswerReads(archive, { routes: readRoutes, uploadOptions, compressesFrames: order.compressesFrames }),
  );
  const { server, close } = await prepareListener({ app, log }, { tls: order.tls });
  const answer = answerGiven(server);
  process.on('message', (said: ToReader, socket: Socket | undefined) => {
    if (said.kind === 'forget') archive.forget(said.imageId);
    if (said.kind === 'stop')
      void close().then(async () => {
        await pictures.close();
        catalog.close();
        process.exit(0);
      });
    if (said.kind !== 'connection') return;
    // A client may have gone on the way.
    if (socket === undefined) return say({ kind: 'ended' });
    socket.once('close', () => say({ kind: 'ended' }));
    // As the server's own connections are.
    socket.allowHalfOpen = true;
    socket.setNoDelay(true);
    answer(socket);
  });
  say({ kind: 'ready' });
}

process.once('message', (said: ToReader) => {
  if (said.kind === 'order')
    start(said.order).catch((error: unknown) => {
      process.stderr.write(`A reader could not start: ${String(error)}\n`);
      process.exit(1);
    });
});
