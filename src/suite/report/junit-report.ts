import type { Verdict } from '../verdict.js';
import { escapeMarkup } from './escape-markup.js';
import { byGroup, type Report } from './report.js';

/** The report as JUnit XML: a test suite for each group. What is noted or not offered counts as skipped. */
export function junitReport({ root, checkedAt, verdicts }: Report): string {
  const counts = (list: readonly Verdict[]): string => {
    const failed = list.filter(({ outcome }) => outcome === 'failed').length;
    const passed = list.filter(({ outcome }) => outcome === 'passed').length;
    return `tests="${list.length}" failures="${failed}" errors="0" skipped="${list.length - failed - passed}"`;
  };
  const suites = [...byGroup(verdicts)].map(
    ([title, list]) =>
      `  <testsuite name="${escapeMarkup(title)}" ${counts(list)} timestamp="${checkedAt.toISOString().slice(0, 19)}">\n` +
      `${list.map(testCase).join('')}  </testsuite>\n`,
  );
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<testsuites name="${escapeMarkup(`DICOMweb conformance of ${root}`)}" ${counts(verdicts)}>\n${suites.join('')}</testsuites>\n`
  );
}

function testCase({ row, outcome, says, curl }: Verdict): string {
  const open = `    <testcase classname="${escapeMarkup(row.name)}" name="${escapeMarkup(`${row.level}: ${row.sentence} (${row.section})`)}"`;
  if (outcome === 'passed') return `${open}/>\n`;
  if (outcome !== 'failed') return `${open}><skipped message="${escapeMarkup(`${outcome}: ${says}`)}"/></testcase>\n`;
  return `${open}><failure message="${escapeMarkup(says)}">${escapeMarkup(curl ?? '')}</failure></testcase>\n`;
}
