import type { Report, ReportItem } from './report.js';

/** One HTML page without scripts, links or anything from elsewhere; every text in it is escaped. */
export function reportHtml({ title, facts, items }: Report): string {
  const rows = facts.map(([name, text]) => `<tr><th>${escaped(name)}</th><td>${escaped(text)}</td></tr>`).join('\n');
  return `<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<title>${escaped(title)}</title>
<style>
body { font: 15px/1.4 sans-serif; margin: 2em auto; max-width: 50em; }
th { padding-right: 1em; text-align: left; vertical-align: top; }
td, p { white-space: pre-line; }
ul { list-style: none; padding-left: 1.2em; }
</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<table>
${rows}
</table>
${htmlList(items)}</body>
</html>
`;
}

function htmlList(items: readonly ReportItem[]): string {
  if (items.length === 0) return '';
  return `<ul>\n${items
    .map(({ name, text, items: inner }) => {
      const label = name === '' ? '' : `<b>${escaped(name)}${text === '' ? '' : ':'}</b> `;
      return `<li><p>${label}${escaped(text)}</p>\n${htmlList(inner)}</li>\n`;
    })
    .join('')}</ul>\n`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
    .replace(/[^\P{Cc}\n\t]/gu, '\ufffd');
}

/** The same as plain text, items indented by their depth. */
export function reportText({ title, facts, items }: Report): string {
  const head = [title, ...facts.map(([name, text]) => `${name}: ${text}`), ''];
  return `${[...head, ...textLines(items, '')].join('\n')}\n`;
}

function textLines(items: readonly ReportItem[], indent: string): string[] {
  return items.flatMap(({ name, text, items: inner }) => {
    const line = name !== '' && text !== '' ? `${name}: ${text}` : name + text;
    return [indent + line.replace(/\r\n?|\n/g, `\n${indent}  `), ...textLines(inner, `${indent}  `)];
  });
}
