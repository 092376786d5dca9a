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
    .replace(/[^\P{Cc}\n\t]|[\ufffe\uffff]|\p{Cs}/gu, '\ufffd');
}

/** The same as XML for programs: a `report` with `title`, `fact` and `item`, each of these with `name` and `text`. */
export function reportXml({ title, facts, items }: Report): string {
  const known = facts.map(([name, text]) => xmlElement('fact', { name, text, items: [] }));
  return `<?xml version="1.0" encoding="UTF-8"?>
<report>
<title>${escaped(title)}</title>
${[...known, ...items.map((item) => xmlElement('item', item))].join('')}</report>
`;
}

function xmlElement(element: string, { name, text, items }: ReportItem): string {
  const inner = items.map((item) => xmlElement('item', item)).join('');
  return `<${element}><name>${escaped(name)}</name><text>${escaped(text)}</text>${inner}</${element}>\n`;
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
