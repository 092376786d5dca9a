import { withTimeout } from '../base/with-timeout.js';
import { curlOf } from './ask/curl-of.js';
import type { Server } from './ask/server.js';
import { Unmet } from './ask/unmet.js';
import { makeData } from './made/made-data.js';
import type { Checked, Group, Row } from './row.js';
import type { Verdict } from './verdict.js';

export interface SuiteBounds {
  /** For one row, which may ask several times. */
  rowMs: number;
  /** For the whole run; what is left then fails unchecked. */
  runMs: number;
}

export interface SuiteRun {
  verdicts: readonly Verdict[];
  /** The studies that the run may have stored. */
  studies: readonly string[];
}

/** Checks every row, one after the other, and hands each verdict to `onVerdict` at once. Nothing that a server answers ends it. */
export async function runSuite(
  server: Server,
  groups: readonly Group[],
  { rowMs, runMs, onVerdict }: SuiteBounds & { onVerdict: (verdict: Verdict) => void },
): Promise<SuiteRun> {
  const data = makeData();
  const studies = [
    ...new Set(
      [...data.main.all, ...data.compressed.values(), ...data.named.map(({ instance }) => instance)].map(
        ({ study }) => study,
      ),
    ),
  ];
  const another: Checked['another'] = () => {
    const { first } = makeData().main;
    studies.push(first.study);
    return first;
  };
  const checked: Checked = { server, data, another };
  const end = Date.now() + runMs;
  const verdicts: Verdict[] = [];
  for (const group of groups) {
    const missing = await offeredFault(checked, group);
    for (const row of group.rows) {
      server.forgetAsked();
      const late =
        Date.now() > end ? new Unmet(`Not checked: the run has taken more than ${runMs / 60_000} minutes.`) : undefined;
      const verdict = judged(group, row, missing ?? late ?? (await resultOf(checked, row, rowMs)), server);
      verdicts.push(verdict);
      onVerdict(verdict);
    }
  }
  return { verdicts, studies };
}

/** Why no row of an optional service can be met; undefined when the service is there, or when asking for it fails in another way. */
async function offeredFault(checked: Checked, group: Group): Promise<Unmet | undefined> {
  try {
    await group.offered?.(checked);
  } catch (error) {
    if (error instanceof Unmet && error.kind === 'not-offered') return error;
  }
  return undefined;
}

async function resultOf(checked: Checked, row: Row, rowMs: number): Promise<string | Unmet> {
  try {
    return (
      (await withTimeout(row.check(checked), rowMs, () => new Unmet(`The row took more than ${rowMs / 1000} s.`))) ?? ''
    );
  } catch (error) {
    if (error instanceof Unmet) return error;
    return new Unmet(`The answer could not be read: ${String((error as Error).message).slice(0, 200)}.`);
  }
}

function judged({ title }: Group, row: Row, result: string | Unmet, server: Server): Verdict {
  const base = { group: title, row, curl: result instanceof Unmet ? curlOf(server.lastAsked()) : undefined };
  if (!(result instanceof Unmet)) {
    const isChoice = row.level === 'MAY';
    return { ...base, outcome: isChoice ? 'noted' : 'passed', says: isChoice ? `Yes. ${result}`.trim() : result };
  }
  if (result.kind === 'not-offered') return { ...base, outcome: 'not offered', says: result.message };
  return {
    ...base,
    outcome: row.level === 'MAY' ? 'noted' : 'failed',
    says: row.level === 'MAY' ? `No. ${result.message}` : result.message,
  };
}
