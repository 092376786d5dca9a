import { Agent, WebSocket, type MessageEvent } from 'undici';
import type { Answer } from './batch-calls.js';
import { withTimeout } from '../../base/with-timeout.js';

/** One WebSocket (RFC 6455) that speaks JSON-RPC 2.0, from its opening to its end. */
export interface WsConnection {
  /** Sends one body, whose calls have the ids from `firstId` on. Rejects when the connection ends or brings nothing in time. */
  exchange(body: string, firstId: number): Promise<Answer[]>;
  /** Resolves with the reason once the connection is lost or closed. */
  readonly ended: Promise<Error>;
  close(why: Error): void;
}

interface ConnectionOptions {
  href: string;
  headers: Record<string, string>;
  /** A node may take so long for one body; when meanwhile nothing at all came, the connection is given up. */
  timeoutMs: number;
  /** What the node says unasked (`eth_subscription`). */
  onPush: (params: unknown) => void;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** A batch of code is 5 MB as hex, geth's own bound of a batch is 25 MB, one answer may be any size. */
const dispatcher = new Agent({ webSocket: { maxPayloadSize: 256 * 1024 * 1024 } });

export async function openWsConnection(options: ConnectionOptions): Promise<WsConnection> {
  const { href, headers, timeoutMs, onPush } = options;
  const exchanges = new Map<number, { resolve: (answers: Answer[]) => void; reject: (error: Error) => void }>();
  let receivedAtMs = performance.now();
  let end!: (why: Error) => void;
  const ended = new Promise<Error>((resolve) => (end = resolve));
  const socket = new WebSocket(href, { dispatcher, headers });
  socket.addEventListener('message', receive);
  socket.addEventListener('close', () => end(new Error('the connection was closed')));
  socket.addEventListener('error', () => end(new Error('the connection failed')));
  void ended.then((why) => {
    socket.removeEventListener('message', receive);
    socket.close();
    exchanges.forEach(({ reject }) => reject(why));
    exchanges.clear();
  });

  function receive({ data }: MessageEvent): void {
    receivedAtMs = performance.now();
    let message: (Answer & { method?: string; params?: unknown }) | Answer[];
    try {
      message = JSON.parse(String(data)) as typeof message;
    } catch {
      return end(new Error('the node sent what is no JSON'));
    }
    if (!Array.isArray(message) && message.method !== undefined) return onPush(message.params);
    const answers = [message].flat();
    const first = Math.min(...answers.map(({ id }) => id ?? Infinity));
    // A batch that is refused as a whole has an answer without id: it is that of the oldest.
    const firstId = [...exchanges.keys()].findLast((id) => id <= first) ?? NaN;
    const exchange = exchanges.get(Number.isFinite(first) ? firstId : [...exchanges.keys()][0]!);
    exchange?.resolve(answers);
  }

  async function exchange(body: string, firstId: number): Promise<Answer[]> {
    const sentAtMs = performance.now();
    const answers = new Promise<Answer[]>((resolve, reject) => exchanges.set(firstId, { resolve, reject }));
    socket.send(body);
    const late = (): Error => {
      const why = new Error(`no answer within ${timeoutMs} ms`);
      if (receivedAtMs < sentAtMs) end(why);
      return why;
    };
    return withTimeout(answers, timeoutMs, late).finally(() => exchanges.delete(firstId));
  }

  const opened = new Promise<void>((resolve) => socket.addEventListener('open', () => resolve()));
  const failed = ended.then((why) => Promise.reject(why));
  failed.catch(() => undefined);
  const late = (): Error => new Error(`no connection within ${CONNECT_TIMEOUT_MS} ms`);
  await withTimeout(Promise.race([opened, failed]), CONNECT_TIMEOUT_MS, late).catch((error: Error) => {
    end(error);
    throw error;
  });
  return { exchange, ended, close: (why) => end(why) };
}
