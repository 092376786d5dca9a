import { checksOf } from '../doctor/checks-of.js';
import { examine } from '../doctor/examine.js';
import type { Finding } from '../doctor/finding.js';
import { gethEdition } from '../network/geth-edition.js';
import { readEnvironment } from './read-environment.js';

interface DoctorOptions {
  /** For machines: one JSON object. */
  json?: true;
  /** Settings, a line each, which go before those of the environment. */
  settings?: string;
}

/** Looks at this installation and prints what it finds; exit code 1 for a fault. */
export async function doctor({ json, settings }: DoctorOptions): Promise<void> {
  const environment = await readEnvironment(settings);
  const findings = await examine(checksOf({ environment, readEdition: gethEdition }));
  const verdict = (['fault', 'warning'] as const).find((one) => findings.some((finding) => finding.verdict === one));
  if (json) console.log(JSON.stringify({ verdict: verdict ?? 'ok', findings }, null, 2));
  else console.log([...findings.map(lineOf), summaryOf(findings)].join('\n'));
  // A connection that does not end keeps nobody waiting.
  process.exit(verdict === 'fault' ? 1 : 0);
}

function lineOf({ check, verdict, says, toDo }: Finding): string {
  return `${verdict.padEnd(8)} ${check.padEnd(11)} ${says}${toDo === undefined ? '' : `\n${' '.repeat(21)}-> ${toDo}`}`;
}

function summaryOf(findings: readonly Finding[]): string {
  const count = (verdict: Finding['verdict']): number => findings.filter((one) => one.verdict === verdict).length;
  return `\n${count('ok')} ok, ${count('warning')} warnings, ${count('fault')} faults.`;
}
