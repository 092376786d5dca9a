import { readFileSync } from 'node:fs';

const PAGE = 'docs/operations/debian.md';

/** The blocks of code below one heading of the page about the package, as they stand there. Throws for a heading that is not there. */
export function documentedCommands(heading: string): string[] {
  const section = readFileSync(PAGE, 'utf8').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0];
  if (section === undefined) throw new Error(`${PAGE} has no heading "${heading}".`);
  return [...section.matchAll(/^```\w+\n([^]*?)^```$/gm)].map(([, block = '']) => block);
}
