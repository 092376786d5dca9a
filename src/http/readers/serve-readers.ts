import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Archive } from '../../archive/archive.js';
import type { ContentName, SharedBytes } from '../../archive/retrieve/shared-bytes.js';
import { LedgerError } from '../../base/errors.js';
import { failureOf } from './hand-over.js';

/** What readers ask, as JSON in the query. */
export type Asked =
  | {
      what: 'file-names';
      owner: Parameters<SharedBytes['fileNames']>[0];
      range: Parameters<SharedBytes['fileNames']>[1];
    }
  | { what: 'bytes'; content: ContentName; offset: number; byteCount: number }
  | { what: 'verified'; content: ContentName }
  | { what: 'sites' };

/** Gives readers what they need of the archive. What fails is told with status 500, as JSON. */
export function createServeReaders({
  shared,
  archive,
}: {
  shared: SharedBytes;
  archive: Pick<Archive, 'sites'>;
}): RequestListener {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = askedOf(request);
    switch (asked.what) {
      case 'file-names':
        // JSON has no undefined.
        return send(
          response,
          shared.fileNames(asked.owner, asked.range).map((name) => name ?? null),
        );
      case 'bytes':
        return sendBytes(response, await shared.bytes(asked.content, asked.offset, asked.byteCount), asked.byteCount);
      case 'verified':
        return send(response, (await shared.verified(asked.content)) ?? null);
      case 'sites':
        return send(response, await archive.sites());
    }
    asked satisfies never;
    throw new LedgerError('bad-request', 'A reader has asked for what its owner does not know.');
  };
  return (request, response) => {
    response.on('error', () => undefined);
    void answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else send(response.writeHead(500), failureOf(error));
    });
  };
}

function askedOf({ url = '' }: IncomingMessage): Asked {
  return JSON.parse(decodeURIComponent(url.slice(1))) as Asked;
}

const send = (response: ServerResponse, value: unknown): void => void response.end(JSON.stringify(value));

/** The first bytes are there before an answer begins, so that what fails can be told. */
async function sendBytes(
  response: ServerResponse,
  bytes: AsyncIterable<Buffer> | Iterable<Buffer>,
  byteCount: number,
): Promise<void> {
  const iterator = Readable.from(bytes, { objectMode: true })[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await iterator.next();
  response.setHeader('Content-Length', byteCount);
  if (first.done === true) {
    if (byteCount > 0) throw new LedgerError('corrupt', `Nothing came of ${byteCount} bytes.`);
    response.end();
    return;
  }
  await pipeline(async function* () {
    yield first.value;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  }, response);
}
