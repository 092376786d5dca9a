import type { Verdict } from '../verdict.js';
import { escapeMarkup } from './escape-markup.js';
import { byGroup, type Report } from './report.js';

const STYLE = `
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #1c2530; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
table { border-collapse: collapse; width: 100% } th { text-align: left; font-weight: 600 }
td, th { border-bottom: 1px solid #d8dee6; padding: .4rem .6rem; vertical-align: top }
td:first-child { white-space: nowrap; font-weight: 600 }
.passed { color: #146c2e } .failed { color: #b3261e } .noted, .not-offered { color: #5a6573 }
code, pre { font: 12px/1.4 ui-monospace, monospace } pre { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 14rem; overflow: auto; background: #f3f5f8; padding: .5rem; margin: .4rem 0 0 }
small { color: #5a6573 }
@media (prefers-color-scheme: dark) { body { color: #e4e8ee; background: #14181d } td, th { border-color: #333b45 } pre { background: #1e242b } .passed { color: #6fd08c } .failed { color: #ff9a92 } .noted, .not-offered, small { color: #9aa5b2 } }
@media print { pre { max-height: none } }
`;

/** The report as one HTML page, without scripts and without anything from elsewhere. */
export function htmlReport({ root, checkedAt, verdicts }: Report): string {
  const count = (outcome: Verdict['outcome']): number => verdicts.filter((one) => one.outcome === outcome).length;
  const tables = [...byGroup(verdicts)].map(
    ([title, list]) =>
      `<h2>${escapeMarkup(title)}</h2>\n<table>\n<thead><tr><th>Result<th>Level<th>Row<th>Section</thead>\n<tbody>\n${list.map(tableRow).join('')}</tbody>\n</table>\n`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>DICOMweb conformance of ${escapeMarkup(root)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>DICOMweb conformance of ${escapeMarkup(root)}</h1>
<p><b class="passed">${count('passed')} passed</b>, <b class="failed">${count('failed')} failed</b>, ${count('noted')} choices noted,
${count('not offered')} not offered; ${checkedAt.toISOString()}.</p>
<p>MUST is what the standard says with “shall”, SHOULD with “should”; both count. MAY is what it leaves to the server: what this one does is
noted and never fails. A service that is optional and not offered is said to be so. Each command shows the request whose answer was
judged; <code>$DICOMWEB_TOKEN</code> stands for the token.</p>
${tables.join('')}</body>
</html>
`;
}

function tableRow({ row, outcome, says, curl }: Verdict): string {
  const more = says === '' ? '' : `<br>${escapeMarkup(says)}`;
  const command = curl === undefined || outcome === 'not offered' ? '' : `<pre>${escapeMarkup(curl)}</pre>`;
  return (
    `<tr><td class="${outcome.replace(' ', '-')}">${outcome}<td>${row.level}` +
    `<td>${escapeMarkup(row.sentence)} <small>${escapeMarkup(row.name)}</small>${more}${command}<td>${escapeMarkup(row.section)}\n`
  );
}
