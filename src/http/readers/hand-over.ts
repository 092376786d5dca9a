import type { Request, RequestHandler, Response } from 'express';
import { validateHeaderName, validateHeaderValue, type ClientRequest, type ServerResponse } from 'node:http';
import type { Principal } from '../../access/principal.js';
import { LedgerError, type ErrorCode } from '../../base/errors.js';
import { onBehalfOf } from '../../base/on-behalf-of.js';
import { principalOf } from '../authorize.js';
import { isForReader } from './reader-link.js';

/** Of an interim response (RFC 9110 §15.2), which has this header: what a reader answers a request by. */
export const GO_HEADER = 'x-dicom-ledger-go';

/** What the owner says of a request that has passed its door. */
export interface Go {
  /** As it is after prefixes and slashes were taken away. */
  url: string;
  protocol: string;
  host: string | undefined;
  /** Those that the answer has so far. */
  headers: Record<string, string | number | readonly string[] | undefined>;
  sees: Principal['sees'];
  /** By which pictures are made in turn. */
  onBehalfOf: string | undefined;
}

/** The stack of an error, and headers. */
const MAX_REPORT_CHARACTERS = 131_072;

/** What was thrown on the way to an answer. */
interface Failure {
  message: string;
  stack: string | undefined;
  /** Undefined for what is no LedgerError. */
  code?: ErrorCode;
  details?: Record<string, unknown>;
  retryable?: boolean;
}

/** What a reader says when its answer has ended, as one line of JSON. */
export interface Report {
  /** Of headers that have been sent. */
  status?: number;
  /** Bytes that went out to the client, with headers. */
  sentBytes?: number;
  /** How it has ended: answered, or broken off by the client; or it could not be answered, and the owner says so. */
  end: 'whole' | 'cut-off' | 'failed';
  failure?: Failure;
  /** Those of the answer that failed. */
  headers?: Go['headers'];
}

/** What a line says; undefined when it is no report. */
export function reportOf(line: string): Report | undefined {
  try {
    const { status, sentBytes, end, failure, headers } = JSON.parse(line) as Report;
    const isIt =
      ['whole', 'cut-off', 'failed'].includes(end) &&
      (status === undefined || (Number.isInteger(status) && status >= 200 && status < 600)) &&
      (sentBytes === undefined || (Number.isSafeInteger(sentBytes) && sentBytes >= 0)) &&
      (failure === undefined || typeof failure.message === 'string');
    Object.entries(headers ?? {}).forEach(([name, value]) => {
      validateHeaderName(name);
      validateHeaderValue(name, String(value));
    });
    return isIt ? { status, sentBytes, end, failure, headers } : undefined;
  } catch {
    return undefined;
  }
}

export function failureOf(error: unknown): Failure {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  if (!(error instanceof LedgerError)) return { message, stack };
  const { code, details, retryable } = error;
  const plain = Object.entries(details).filter(([, value]) => typeof value !== 'bigint');
  return { message, stack, code, retryable, details: Object.fromEntries(plain) };
}

export function errorOf({ message, stack, code, details, retryable }: Failure): Error {
  const error =
    code === undefined
      ? new Error(message)
      : new LedgerError(code, message, { ...(details && { details }), retryable: retryable === true });
  if (stack !== undefined) error.stack = stack;
  return error;
}

/**
 * The handler of a row, whose work a reader does where the request comes from one: it has passed the whole door by now, and ends here when
 * the reader says that it has. Failures are told to the client from here, as all others.
 */
export function handOver(handler: RequestHandler): RequestHandler {
  return (request, response, next) => {
    if (!isForReader(request)) return handler(request, response, next);
    // An interim response of that status has a link, or is none.
    response.writeEarlyHints({ link: '</>; rel=self', [GO_HEADER]: textOf(goOf(request, response)) });
    const take = ({ status, sentBytes, end, failure, headers }: Report): void => {
      if (status !== undefined) response.status(status);
      if (sentBytes !== undefined) noteSentBytes(response, sentBytes);
      if (end === 'whole') return void response.end();
      if (status !== undefined) response.flushHeaders();
      if (end === 'cut-off') response.destroy();
      if (end !== 'failed') return;
      for (const [name, value] of Object.entries(headers ?? {}))
        if (value !== undefined && !response.headersSent) response.setHeader(name, value);
      next(errorOf(failure ?? { message: 'A reader has failed.', stack: undefined }));
    };
    let begun = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      const lines = (begun + text).split('\n');
      begun = lines.pop() ?? '';
      const reports = lines.map(reportOf);
      if (begun.length > MAX_REPORT_CHARACTERS || reports.includes(undefined)) response.destroy();
      else for (const report of reports) take(report!);
    });
  };
}

/** Bytes that a reader has sent for an answer; undefined for one that was made here. */
export const bytesSentByReader = ({ locals }: Response): number | undefined =>
  locals['sentByReader'] as number | undefined;

function noteSentBytes({ locals }: Response, sentBytes: number): void {
  locals['sentByReader'] = sentBytes;
}

function goOf(request: Request, response: Response): Go {
  return {
    ...{ url: request.originalUrl, protocol: request.protocol, host: request.headers.host },
    headers: headersOf(response),
    sees: principalOf(response).sees,
    onBehalfOf: onBehalfOf.getStore()?.name,
  };
}

/** With the letters that they are sent in. */
export function headersOf(response: ServerResponse): Go['headers'] {
  // Of all messages that go out, says Node; its types say so of requests.
  const names = (response as unknown as ClientRequest).getRawHeaderNames();
  return Object.fromEntries(names.map((name) => [name, response.getHeader(name)]));
}

const textOf = (go: Go): string => Buffer.from(JSON.stringify(go)).toString('base64url');
/** What `GO_HEADER` says. */
export const goOfText = (text: string): Go => JSON.parse(Buffer.from(text, 'base64url').toString()) as Go;
