import { describe, expect, it } from '@jest/globals';
import { requireSafeListening } from './require-safe-listening.js';

const ask =
  (host: string, { hasTls = false, behindTlsProxy = false, remoteWays = [] as string[] } = {}) =>
  (): void =>
    requireSafeListening({ host, hasTls, behindTlsProxy, remoteWays });

describe('requireSafeListening', () => {
  it.each(['127.0.0.1', '127.0.0.2', '::1', 'localhost'])('asks for nothing at %s', (host) => {
    expect(ask(host)).not.toThrow();
  });

  it.each(['0.0.0.0', '::', '192.0.2.1', 'pacs.example', ''])('names everything that is missing at "%s"', (host) => {
    expect(ask(host)).toThrow(
      /missing is TLS \(set TLS_CERT_FILE and TLS_KEY_FILE, or BEHIND_TLS_PROXY=on.*, and a way to log in/,
    );
  });

  it('needs both', () => {
    expect(ask('0.0.0.0', { hasTls: true })).toThrow(
      /^HOST="0.0.0.0" lets other machines in, and what is missing is a way/,
    );
    expect(ask('0.0.0.0', { remoteWays: ['API keys'] })).toThrow(/TLS_CERT_FILE/);
    expect(ask('0.0.0.0', { remoteWays: ['API keys'] })).not.toThrow(/a way to log in/);
    expect(ask('0.0.0.0', { remoteWays: ['API keys'], hasTls: true })).not.toThrow();
    expect(ask('0.0.0.0', { remoteWays: ['API keys'], behindTlsProxy: true })).not.toThrow();
  });
});
