import { readFileSync } from 'node:fs';
import { LedgerError } from '../../base/errors.js';
import type { SessionSettings } from './connection-worker.js';

/** Of a session for one purpose. */
export type SessionOptions = SessionSettings & { place: string; timeoutMs: number };

/** Where the catalogue is. */
export interface CatalogAddress {
  /** `postgres://user@host:port/database`, with what else libpq takes. */
  url: string;
  /** A file whose first line is the password. */
  passwordFile: string | undefined;
}

/** A statement is ended by the server before nobody waits for it any more. */
const EARLIER_MS = 500;

/** Gives the options of sessions by purpose. Throws `misconfigured` for what is no such URL, or a file that cannot be read. */
export function sessionsAt({
  url,
  passwordFile,
}: CatalogAddress): (purpose: string, timeoutMs: number) => SessionOptions {
  const place = placeOf(url);
  const password = passwordFile === undefined ? undefined : firstLine(passwordFile);
  return (purpose, timeoutMs) => ({
    ...{ url, password, place, timeoutMs },
    name: `dicom-ledger ${purpose}`,
    setUp: `SET search_path = catalog; SET synchronous_commit = off; SET jit = off;
      SET statement_timeout = ${Math.max(1, timeoutMs - EARLIER_MS)}`,
  });
}

/** Where it is without user, password or parameters, for the log. */
function placeOf(url: string): string {
  try {
    const { hostname, port, pathname, protocol, searchParams } = new URL(url);
    if (!/^postgres(ql)?:$/.test(protocol)) throw new Error('another protocol');
    const host = hostname || searchParams.get('host') || 'localhost';
    return `${host}${port && `:${port}`}${pathname}`;
  } catch {
    throw new LedgerError(
      'misconfigured',
      'CATALOG_URL is no URL that begins with postgres://; write postgres://user@host:5432/database.',
    );
  }
}

function firstLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/)[0] ?? '';
  } catch (error) {
    throw new LedgerError(
      'misconfigured',
      `CATALOG_PASSWORD_FILE ${file} cannot be read (${(error as Error).message}).`,
      { cause: error },
    );
  }
}
