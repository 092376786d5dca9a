import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface CurlResult {
  /** 0 when it has an answer, whatever its status. */
  code: number;
  /** Of the last answer; 0 for none. */
  status: number;
  /** Everything that it was sent in front of bodies, as it came: `HTTP/1.1 100 Continue` too. */
  head: string;
  /** A header of the last answer; undefined when it has none. */
  header(name: string): string | undefined;
  body: Buffer;
  /** Of each URL that it has fetched. */
  statuses: number[];
}

/** Runs Debian's curl, without anybody's configuration; `input` is what it reads as `-`. Waits 50 s at most. */
export function runCurl(parameters: readonly string[], { input }: { input?: Uint8Array } = {}): Promise<CurlResult> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-curl-'));
  const [heads, body] = ['heads', 'body'].map((name) => path.join(folder, name)) as [string, string];
  const output = parameters.some((one) => one === '--output' || one === '--parallel') ? [] : ['--output', body];
  const options = ['--disable', '--silent', '--dump-header', heads, ...output, '--write-out', '%{http_code}\n'];
  return new Promise((resolve) => {
    const child = execFile('curl', [...options, ...parameters], { timeout: 50_000 }, (error, stdout) => {
      const read = (file: string): Buffer => {
        try {
          return readFileSync(file);
        } catch {
          return Buffer.alloc(0);
        }
      };
      const head = read(heads).toString('latin1');
      const last = head.trimEnd().split('\r\n\r\n').at(-1) ?? '';
      const statuses = stdout.trim().split('\n').map(Number);
      resolve({
        code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1,
        status: statuses.at(-1) ?? 0,
        head,
        header: (name) => new RegExp(`^${name}: *(.*?)\r?$`, 'im').exec(last)?.[1],
        body: read(body),
        statuses,
      });
      rmSync(folder, { recursive: true });
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
