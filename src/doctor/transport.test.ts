import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readConfig } from '../config.js';
import { foundBy } from './testing/found-by.js';
import { transport } from './transport.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-doctor-tls-'));
const at = (name: string): string => path.join(folder, name);
const DAY_MS = 86_400_000;

beforeAll(() => {
  for (const name of ['own', 'other'])
    execFileSync(
      'openssl',
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj /CN=pacs.example -addext subjectAltName=DNS:pacs.example'
        .split(' ')
        .concat('-keyout', at(`${name}.key`), '-out', at(`${name}.crt`)),
      { stdio: 'ignore' },
    );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const found = (environment: Record<string, string>, days = 0): Promise<string[]> =>
  foundBy(transport(readConfig({ ACCOUNTS: 'on', ...environment }), { now: new Date(Date.now() + days * DAY_MS) }));
const TLS = { TLS_CERT_FILE: at('own.crt'), TLS_KEY_FILE: at('own.key'), PUBLIC_URL: 'https://pacs.example' };

describe('transport', () => {
  it('takes a certificate that is good, for the host of PUBLIC_URL', async () => {
    expect(await found({ HOST: '0.0.0.0', ...TLS })).toEqual([
      expect.stringMatching(/^ok: The certificate is good until/),
    ]);
    expect(await found({})).toEqual([expect.stringMatching(/^ok: The server listens at 127\.0\.0\.1 alone/)]);
  });

  it.each([
    [85, /^warning: The certificate ends on .*, in [34] days\. -> Get a new one/],
    [91, /^fault: The certificate has ended on /],
    [-3, /^fault: The certificate begins on .* clock is right/],
  ])('finds what is wrong with its dates, in %s days', async (days, expected) => {
    expect(await found(TLS, days)).toEqual([expect.stringMatching(expected)]);
  });

  it('finds the key of another, and a name of another', async () => {
    expect(await found({ ...TLS, TLS_KEY_FILE: at('other.key') })).toEqual([expect.stringMatching(/^fault: .*cannot be used together/)]); // prettier-ignore
    expect((await found({ ...TLS, PUBLIC_URL: 'https://other.example' })).at(-1)).toMatch(/^fault: The certificate is not for "other\.example"/); // prettier-ignore
  });

  it('finds a server that lets other machines in without TLS, or without a way for people to log in', async () => {
    expect(await found({ HOST: '0.0.0.0' })).toEqual([
      expect.stringMatching(/^fault: HOST="0\.0\.0\.0" .* without TLS/),
    ]);
    expect((await found({ HOST: '::', ...TLS, ACCOUNTS: 'off' })).at(-1)).toMatch(/^warning: .*only API keys/);
    expect(await found({ BEHIND_TLS_PROXY: 'on', PUBLIC_URL: 'https://pacs.example' })).toEqual([expect.stringMatching(/^ok: A proxy/)]); // prettier-ignore
  });
});
