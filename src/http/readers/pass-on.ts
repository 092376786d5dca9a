import {
  Agent,
  request as ask,
  type ClientRequest,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { connect, type Socket } from 'node:net';
import { pipeline, type Duplex } from 'node:stream';
import { isUpgrade, takeUpgrade } from '../listen/upgrade-to-app.js';
import { GO_HEADER, goOfText, type Go, type Report } from './hand-over.js';
import { clientOf, type ReaderLinkKind } from './reader-link.js';

/** How a reader reaches the owner. */
export interface OwnerAddress {
  path: string;
  secret: string;
}

/** Answers a request that the owner has let pass. `report` tells the owner what becomes of it. */
export type AnswerRead = (
  exchange: { request: IncomingMessage; response: ServerResponse },
  go: Go,
  report: (said: Report) => void,
) => void;

/** Which requests a reader can answer: those of the table of routes that are handed over are among them. */
const READABLE = /\/(dicom-web\/+(studies|series|instances|patients)|wado)\b/;
/** Who sees a few studies alone has their UIDs with each request. */
const MAX_INTERIM_BYTES = 16 * 1024 * 1024;
const OF_ONE_CONNECTION = /^(connection|keep-alive|transfer-encoding)$/i;

/**
 * Passes each request on to the owner, as it is and on a connection that is its client's own, and the answer back. What the owner hands
 * over instead of answering it is answered by `answerRead`.
 */
export function createPassOn(owner: OwnerAddress, answerRead: AnswerRead): RequestListener {
  const links = new WeakMap<object, Record<'any' | 'reading', Agent>>();
  const linksOf = (socket: Socket): Record<'any' | 'reading', Agent> => {
    const known = links.get(socket);
    if (known) return known;
    const made = { any: agentTo(owner, 'any', socket), reading: agentTo(owner, 'reading', socket) };
    links.set(socket, made);
    socket.once('close', () => {
      made.any.destroy();
      made.reading.destroy();
    });
    return made;
  };

  return (request, response) => {
    const { method, rawHeaders, headers, socket } = request;
    const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
    const isRead =
      !hasBody && /^(GET|HEAD)$/.test(method ?? '') && !isUpgrade(request) && READABLE.test(request.url ?? '');
    const bodyHeaders = isRead
      ? ['Transfer-Encoding', 'chunked']
      : hasBody || method === 'GET'
        ? []
        : ['Content-Length', '0'];
    const asking = ask({
      agent: linksOf(socket)[isRead ? 'reading' : 'any'],
      ...{ method, path: request.url, headers: [...(isRead ? kept(rawHeaders) : rawHeaders), ...bodyHeaders] },
      maxHeaderSize: MAX_INTERIM_BYTES,
    });
    let isAnsweredHere = false;
    let isAnswered = false;
    asking.on('continue', () => response.writeContinue());
    asking.on('information', ({ headers: { [GO_HEADER]: go } }) => {
      if (typeof go !== 'string' || !isRead) return;
      isAnsweredHere = true;
      answerRead({ request, response }, goOfText(go), (said) => {
        if (said.end === 'failed') isAnsweredHere = response.headersSent;
        asking.end(`${JSON.stringify(said)}\n`);
      });
    });
    asking.on('response', (answer) => {
      isAnswered = true;
      if (isAnsweredHere) return void answer.resume();
      if (isRead) asking.end();
      sendOn(answer, response);
    });
    asking.on('upgrade', (answer, upgraded, head) => {
      isAnswered = true;
      joinUpgrade({ request, response }, { answer, upgraded, head });
    });
    asking.on('error', () => request.resume());
    // The owner has gone; or the client takes this for a proxy (CONNECT, RFC 9110 §9.3.6).
    asking.on('close', () => {
      if (!isAnswered && !response.writableEnded) response.destroy();
    });
    // Before a body has come, too: what refuses it by its headers does not wait for it.
    if (isRead || hasBody) asking.flushHeaders();
    if (hasBody) request.pipe(asking);
    else if (!isRead) asking.end();
    response.once('close', () => endUnlessAnswered(asking, { response, isAnsweredHere }));
  };
}

/** A client that has gone takes its request with it, unless what became of it is told otherwise. */
function endUnlessAnswered(
  asking: ClientRequest,
  { response, isAnsweredHere }: { response: ServerResponse; isAnsweredHere: boolean },
): void {
  if (!response.writableFinished && !isAnsweredHere) asking.destroy();
}

function agentTo({ path, secret }: OwnerAddress, kind: ReaderLinkKind, client: Socket): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agent.createConnection = () => introduce(connect(path), { secret, kind, client: clientOf(client) });
  return agent;
}

/** Says first who it is. */
export function introduce(socket: Socket, introduction: object): Socket {
  socket.write(`${JSON.stringify(introduction)}\n`);
  return socket;
}

function sendOn(answer: IncomingMessage, response: ServerResponse): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  if (response.headersSent || response.destroyed) return void answer.destroy();
  response.sendDate = false;
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, ofAnswer(answer));
  if (answer.headers.connection === 'close') response.shouldKeepAlive = false;
  pipeline(answer, response, () => undefined);
}

function ofAnswer({ rawHeaders, headers }: IncomingMessage): string[] {
  return headers.connection === 'close' ? [...kept(rawHeaders), 'Connection', 'close'] : kept(rawHeaders);
}

/** Headers but for those that are about one connection. */
const kept = (rawHeaders: readonly string[]): string[] =>
  rawHeaders.filter((_, index) => !OF_ONE_CONNECTION.test(rawHeaders[index - (index % 2)] ?? ''));

/** Makes one of the client's connection and the owner's. */
function joinUpgrade(
  { request, response }: { request: IncomingMessage; response: ServerResponse },
  { answer, upgraded, head }: { answer: IncomingMessage; upgraded: Duplex; head: Buffer },
): void {
  const taken = takeUpgrade(request, response);
  if (taken === undefined) return void upgraded.destroy();
  const { rawHeaders } = answer;
  const lines = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []));
  taken.socket.write(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n${lines.join('\r\n')}\r\n\r\n`);
  if (head.length > 0) taken.socket.write(head);
  if (taken.head.length > 0) upgraded.write(taken.head);
  pipeline(taken.socket, upgraded, () => taken.socket.destroy());
  pipeline(upgraded, taken.socket, () => upgraded.destroy());
}
