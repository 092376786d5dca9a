import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { main } from './command-line.js';

export interface ConformanceRun {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Names of the rows that failed, in alphabetical order. */
  failed: string[];
  /** The report as it was written. */
  html: string;
}

const TIMEOUT_MS = 280_000;

/** Runs `dicom-ledger conformance` of the compiled command line on a DICOMweb root; the token goes by the environment. */
export async function runConformance(root: string, token?: string): Promise<ConformanceRun> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-conformance-'));
  const [report, junit] = [path.join(folder, 'report.html'), path.join(folder, 'report.xml')];
  try {
    const child = spawn(
      process.execPath,
      [main, 'conformance', '--url', root, '--report', report, '--junit', junit, '--remove'],
      {
        env: { PATH: process.env['PATH'], ...(token !== undefined && { DICOMWEB_TOKEN: token }) },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: TIMEOUT_MS,
        killSignal: 'SIGKILL',
      },
    );
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    const xml = readFileSync(junit, 'utf8');
    const failed = [...xml.matchAll(/<testcase classname="([^"]+)"[^>]*><failure /g)]
      .map(([, name = '']) => name)
      .sort();
    return { code, stdout, stderr, failed, html: readFileSync(report, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
