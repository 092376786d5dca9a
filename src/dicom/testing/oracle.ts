import { execFileSync } from 'node:child_process';

/** For tests: the path of a Python that has pydicom and other decoders, made on first use. */
export function oraclePython(): string {
  return execFileSync(process.execPath, ['scripts/build-oracles.mjs'], { encoding: 'utf8' }).trim();
}

/** What a script of that Python prints: a JSON object a line. `script` is below the checkout. */
export function oracleLines<T>(script: string): T[] {
  const text = execFileSync(oraclePython(), [script], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}
