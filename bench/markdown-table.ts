export const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

/** The lines of a Markdown table: first column to the left, the others to the right. `rows` are made by `row`. */
export const tableLines = (head: readonly string[], rows: readonly string[]): string[] => [
  row(...head),
  row(...head.map((_, i) => (i ? '--:' : '---'))),
  ...rows,
];

export const markdownTable = (head: readonly string[], rows: readonly string[]): string =>
  tableLines(head, rows).join('\n');
