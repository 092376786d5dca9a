// The list of everything inside, in CycloneDX: npm's of the modules, and the programs that npm does not know.
import { execFileSync } from 'node:child_process';

/**
 * Gives its text for a version; the same one for the same `components` and `seconds` (SOURCE_DATE_EPOCH), so without a number made by
 * chance.
 */
export function billOfMaterials({ root, seconds, components }) {
  const text = execFileSync('npm', ['sbom', '--omit', 'dev', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
    cwd: root,
    maxBuffer: 2 ** 26,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 2],
  });
  const bill = JSON.parse(text);
  delete bill.serialNumber;
  bill.metadata.timestamp = new Date(seconds * 1000).toISOString();
  bill.components.push(...components.map((component) => ({ type: 'application', ...component })));
  return (version) => {
    bill.metadata.component.version = version;
    return `${JSON.stringify(bill, undefined, 1)}\n`;
  };
}
