import { writeFile } from 'node:fs/promises';
import { LedgerError } from '../base/errors.js';
import { openServer } from '../suite/ask/server.js';
import { GROUPS } from '../suite/groups.js';
import { htmlReport } from '../suite/report/html-report.js';
import { junitReport } from '../suite/report/junit-report.js';
import { removeStudies } from '../suite/remove-studies.js';
import { runSuite } from '../suite/run-suite.js';
import type { Verdict } from '../suite/verdict.js';

export interface ConformanceOptions {
  /** The DICOMweb root, below which `/studies` lies. */
  url: string;
  token?: string;
  /** File that gets the report as HTML. */
  report?: string;
  /** File that gets the report as JUnit XML. */
  junit?: string;
  /** Ends with DELETE of every study that was stored. */
  remove?: true;
}

const BOUNDS = { timeoutMs: 60_000, maxBytes: 64 * 1024 * 1024, rowMs: 180_000, runMs: 1_800_000 };

/**
 * Checks a DICOMweb server row by row, tells each row that fails, and ends with a line `N passed, N failed`. Exit code 1 when a MUST or
 * a SHOULD failed. Throws `bad-request` for what is no DICOMweb root and `unavailable` when nobody answers there.
 */
export async function conformance({ url, token, report, junit, remove }: ConformanceOptions): Promise<void> {
  const root = rootOf(url);
  const server = openServer(root, token, BOUNDS);
  try {
    await requireAnswer(server, root);
    console.log(`Checking ${root}`);
    const hidden = (verdict: Verdict): Verdict => withoutToken(verdict, token);
    const run = await runSuite(server, GROUPS, { ...BOUNDS, onVerdict: (verdict) => tell(hidden(verdict)) });
    const verdicts = run.verdicts.map(hidden);
    if (remove) console.log(await removeStudies(server, run.studies));
    const written = { root, checkedAt: new Date(), verdicts };
    if (report !== undefined) await writeFile(report, htmlReport(written));
    if (junit !== undefined) await writeFile(junit, junitReport(written));
    const count = (outcome: Verdict['outcome']): number => verdicts.filter((one) => one.outcome === outcome).length;
    console.log(`\n${count('noted')} choices noted, ${count('not offered')} not offered`);
    console.log(`${count('passed')} passed, ${count('failed')} failed`);
    if (count('failed') > 0) process.exitCode = 1;
  } finally {
    await server.close();
  }
}

function rootOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.search !== '' || parsed.hash !== '') {
    throw new LedgerError('bad-request', `"${url}" is not a DICOMweb root; give one such as https://host/dicom-web.`);
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new LedgerError(
      'bad-request',
      'The URL has a name or password in it; give a token by DICOMWEB_TOKEN instead.',
    );
  }
  return parsed.href.replace(/\/+$/, '');
}

async function requireAnswer(server: ReturnType<typeof openServer>, root: string): Promise<void> {
  try {
    await server.get('/studies?limit=1', 'application/dicom+json');
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new LedgerError('unavailable', `${root} gives no answer: ${reason} See whether the server runs.`, {
      cause,
      retryable: true,
    });
  }
}

/** A server may send the token back in what it says. */
function withoutToken(verdict: Verdict, token: string | undefined): Verdict {
  if (token === undefined || token === '') return verdict;
  return { ...verdict, says: verdict.says.replaceAll(token, '…'), curl: verdict.curl?.replaceAll(token, '…') };
}

function tell({ row, outcome, says, curl }: Verdict): void {
  if (outcome !== 'failed') return;
  console.log(`\n${row.level} failed: ${row.name} (${row.section})\n  ${row.sentence}\n  ${says}`);
  if (curl !== undefined && curl.length < 1000) console.log(`  ${curl}`);
  else if (curl !== undefined) console.log('  Its curl command stands in the report (--report).');
}
