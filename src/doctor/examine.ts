import type { Check, Finding, Findings } from './finding.js';

/** Two time-outs of a node that does not answer, one after the other. */
const TIMEOUT_MS = 15_000;

/**
 * Runs the checks side by side and gives their findings in the order of the checks. One that throws, and one that has not ended in time,
 * is a fault: what it would have found is not known.
 */
export async function examine(checks: readonly Check[], { timeoutMs = TIMEOUT_MS } = {}): Promise<Finding[]> {
  const found = await Promise.all(checks.map((check) => examineOne(check, timeoutMs)));
  return found.flat();
}

async function examineOne({ name, look }: Check, timeoutMs: number): Promise<Finding[]> {
  const found: Finding[] = [];
  let isOver = false;
  const add =
    (verdict: Finding['verdict']) =>
    (says: string, toDo?: string): void => {
      if (!isOver) found.push({ check: name, verdict, says, ...(toDo !== undefined && { toDo }) });
    };
  const findings: Findings = { ok: add('ok'), warning: add('warning'), fault: add('fault') };
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      const toDo = 'See what it asks: a disk, a node or a server that does not answer. Then ask again.';
      findings.fault(`The check has not ended in ${timeoutMs / 1000} s.`, toDo);
      resolve();
    }, timeoutMs);
  });
  const looked = (async () => look(findings, stop.signal))().catch((error: unknown) => {
    findings.fault(sentenceOf(error), 'Correct what it names, and ask again.');
  });
  await Promise.race([looked, late]);
  isOver = true;
  clearTimeout(timer);
  stop.abort();
  return found;
}

function sentenceOf(error: unknown): string {
  const { message } = error instanceof Error ? error : new Error(String(error));
  return message.endsWith('.') ? message : `${message}.`;
}
