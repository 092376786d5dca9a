import type { Request, Response } from 'express';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Authenticate } from '../../access/authenticate.js';
import type { Log } from '../../base/log.js';
import { LedgerError } from '../../base/errors.js';
import { dicomJsonText } from '../../standard/dicom-json.js';
import { seesWorkitem } from '../../worklist/subscriptions.js';
import type { WorklistEvent } from '../../worklist/worklist.js';
import { isUpgrade, takeUpgrade } from '../listen/upgrade-to-app.js';
import { serverUrl } from '../message/dicomweb-root.js';
import { requireAETitle } from './subscribe.js';
import { worklistCaller, type WorklistCall } from './worklist-call.js';

export interface EventChannelDependencies {
  authenticate: Authenticate;
  log: Log;
  /** Aborts when the server stops. */
  closing?: AbortSignal | undefined;
  /** How often a client is asked whether it is there, and who it is; 30 s unless told. */
  checkMs?: number;
}

const MOST = { all: 200, ofOneCaller: 8 };
const CHECK_MS = 30_000;
/** A client says nothing but that it is there. */
const MAX_MESSAGE_BYTES = 1_024;
/** A client that is so far behind is cut off: it finds by a search what it has missed. */
const MAX_BEHIND_BYTES = 1_048_576;

const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;

/**
 * Makes what opens a WebSocket for the events of an AE title (PS3.18 §8.10.4). It carries those of the caller's own subscriptions, as long as
 * the caller may come in. Nothing is kept for one that is not there.
 */
export function createEventChannels({
  authenticate,
  log,
  closing,
  checkMs = CHECK_MS,
}: EventChannelDependencies): (call: WorklistCall) => Promise<void> {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  const counts = new Map<string, number>();
  let count = 0;

  return async (call) => {
    const { request, response, worklist, publicUrl } = call;
    const aeTitle = requireAETitle(request.params.aet);
    if (!isUpgrade(request))
      throw new LedgerError('bad-request', 'Events come on a WebSocket; open this URL with ws: or wss: (RFC 6455).');
    requireOwnPage(request, serverUrl(request, publicUrl));
    const caller = worklistCaller(call.caller);
    const own = counts.get(caller.owner) ?? 0;
    if (own >= MOST.ofOneCaller || count >= MOST.all)
      throw new LedgerError(
        'too-many-requests',
        `${own >= MOST.ofOneCaller ? own : count} WebSockets are open; close one.`,
      );
    const upgrade = takeUpgrade(request, response);
    if (upgrade === undefined) return;
    count++;
    counts.set(caller.owner, own + 1);

    const begin = (socket: WebSocket): void => {
      let messageId = 0;
      let isThere = true;
      const stop = worklist.listen(({ aeTitles, maker, report }: WorklistEvent) => {
        const isWanted = aeTitles.includes(aeTitle) && worklist.isSubscriber(caller, aeTitle);
        if (!isWanted || !seesWorkitem(caller, { maker })) return;
        messageId = (messageId % 65_535) + 1;
        if (socket.bufferedAmount > MAX_BEHIND_BYTES) socket.terminate();
        else socket.send(dicomJsonText(report(messageId)));
      });
      const goAway = (): void => {
        socket.close(GOING_AWAY, 'The server stops.');
        setTimeout(() => socket.terminate(), 1_000).unref();
      };
      const check = setInterval(() => {
        if (!isThere) return socket.terminate();
        isThere = false;
        socket.ping();
        void authenticate(request).then(
          ({ permissions }) => permissions.has('read') || socket.close(POLICY_VIOLATION, 'You may not read any more.'),
          () => socket.close(POLICY_VIOLATION, 'You are not logged in any more.'),
        );
      }, checkMs);
      check.unref();
      socket.on('pong', () => (isThere = true));
      socket.on('error', (error: Error) => log.debug({ err: error }, 'A WebSocket failed.'));
      closing?.addEventListener('abort', goAway, { once: true });
      if (closing?.aborted) goAway();
      socket.once('close', () => {
        clearInterval(check);
        stop();
        closing?.removeEventListener('abort', goAway);
        end(response);
      });
    };
    upgrade.socket.once('close', () => {
      count--;
      const left = (counts.get(caller.owner) ?? 1) - 1;
      if (left === 0) counts.delete(caller.owner);
      else counts.set(caller.owner, left);
      end(response);
    });
    server.handleUpgrade(request, upgrade.socket, upgrade.head, begin);
  };
}

/** For all that waits for the end of the answer, which has no socket of its own any more. */
function end(response: Response): void {
  if (response.locals['isEnded'] === true) return;
  response.locals['isEnded'] = true;
  response.emit('close');
}

/** A browser adds the session's cookie to a WebSocket of any page (RFC 6455 §10.2); a token only a program can add. */
function requireOwnPage({ headers }: Request, url: string): void {
  const { origin, authorization } = headers;
  if (origin === undefined || authorization !== undefined || origin === new URL(url).origin) return;
  throw new LedgerError(
    'forbidden',
    `A page of ${origin.slice(0, 100)} may not listen here; pages of this server may.`,
  );
}
