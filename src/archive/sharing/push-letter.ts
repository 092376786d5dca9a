import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { LedgerError } from '../../base/errors.js';
import { certificatePin } from '../../base/certificate-pin.js';
import type { Hex } from '../../ledger/ethereum/hex.js';

/** Where a card says that letters are pushed to. */
export interface LetterAddress {
  /** https://… */
  url: string;
  /** SHA-256 of the public key that has to be shown there (RFC 7469 §2.4). */
  certificatePin: Hex;
}

export interface PushLetterOptions {
  signal: AbortSignal;
  /** For connecting, and for the whole of it. */
  timeoutMs?: { connect: number; all: number };
}

const TIMEOUT_MS = { connect: 10_000, all: 120_000 };
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_SAID = 300;

/**
 * Brings a letter to another site's server: POST, over TLS with the public key that its card pins, whoever has signed the certificate. Not a byte is
 * sent to another. Resolves when it was taken in; rejects with `unavailable` and a sentence otherwise.
 */
export async function pushLetter(
  letter: Buffer,
  { url, certificatePin: pin }: LetterAddress,
  { signal, timeoutMs = TIMEOUT_MS }: PushLetterOptions,
): Promise<void> {
  const { Agent, request } = await import('undici');
  const dispatcher = new Agent({
    connect: (options, callback) => {
      const { hostname, port } = options;
      connectPinned({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) }, pin, timeoutMs.connect).then(
        (socket) => callback(null, socket),
        (error: unknown) => callback(error as Error, null),
      );
    },
    headersTimeout: timeoutMs.all,
    bodyTimeout: timeoutMs.all,
    maxResponseSize: MAX_ANSWER_BYTES,
    pipelining: 0,
  });
  try {
    const { statusCode, body } = await request(url, {
      ...{ method: 'POST', dispatcher, body: letter },
      headers: { 'Content-Type': 'application/octet-stream', Accept: 'application/json' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs.all)]),
    });
    const said = await body.text();
    if (statusCode !== 200) throw new Error(`it answered ${statusCode}${sentenceOf(said)}`);
  } catch (cause) {
    throw new LedgerError('unavailable', `${url} has not taken the letter: ${reasonOf(cause)}.`, {
      retryable: true,
      cause,
    });
  } finally {
    await dispatcher.destroy();
  }
}

function connectPinned(to: { host: string; port: number }, pin: Hex, timeoutMs: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...to,
      // A name alone is sent (RFC 6066 §3).
      ...(isIP(to.host) === 0 && { servername: to.host }),
      ALPNProtocols: ['http/1.1'],
      // What matters is the key: the pin is compared before anything is sent.
      rejectUnauthorized: false,
      timeout: timeoutMs,
    });
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.once('error', fail);
    socket.once('timeout', () => fail(new Error(`nobody answered within ${timeoutMs / 1000} s`)));
    socket.once('secureConnect', () => {
      const shown = socket.getPeerX509Certificate();
      const found = shown && certificatePin(shown);
      if (found !== pin) return fail(new Error(`it shows the public key ${found ?? 'of nobody'}, and its card says ${pin}`)); // prettier-ignore
      socket.setTimeout(0);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

function reasonOf(cause: unknown): string {
  const { message, cause: first } = cause as Error;
  const { code, message: firstMessage } = (first ?? {}) as { code?: string; message?: string };
  return (message || firstMessage || code || 'no answer').replace(/\.$/, '');
}

/** The detail of a problem (RFC 9457): another server's text, in one line. */
function sentenceOf(said: string): string {
  try {
    const { detail } = JSON.parse(said) as { detail?: unknown };
    if (typeof detail !== 'string') return '';
    return `: ${detail.replace(/[\p{C}\p{Z}]+/gu, ' ').slice(0, MAX_SAID)}`;
  } catch {
    return '';
  }
}
