import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** GitHub shows a README whole, but nobody reads one that is longer: the rest has pages of its own. */
const MAX_README_BYTES = 8_192;

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'conformance/statement.md',
  'src/ledger/embedded/README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join('docs', name)),
];

const textOf = (page: string): string => readFileSync(page, 'utf8');

/** Without blocks of code, whose brackets and `#` mean something else. */
const proseOf = (page: string): string => textOf(page).replace(/^```[^]*?^```$/gm, '');

/** Targets of links and pictures, `[text](target)`, but not those of other hosts. */
const linksOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of proseOf(page).matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    let anchor = slug;
    for (let again = 1; anchors.has(anchor); again++) anchor = `${slug}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** What is wrong with a link, or nothing. */
function faultOf(page: string, link: string): string[] {
  const [file = '', anchor] = decodeURI(link).split('#');
  const target = file === '' ? page : path.join(path.dirname(page), file);
  if (!existsSync(target)) return [`${page}: ${link} leads to no file`];
  if (anchor === undefined) return [];
  const isPage = statSync(target).isFile() && target.endsWith('.md');
  return isPage && anchorsOf(target).has(anchor) ? [] : [`${page}: ${link} leads to no heading`];
}

describe('The documentation', () => {
  it('has a README of at most 8 KB', () => {
    expect(statSync('README.md').size).toBeLessThanOrEqual(MAX_README_BYTES);
  });

  it('has links that lead to files and headings that exist', () => {
    const links = pages.flatMap((page) => linksOf(page).map((link) => ({ page, link })));
    expect(links.length).toBeGreaterThan(100);
    expect(links.flatMap(({ page, link }) => faultOf(page, link))).toEqual([]);
  });

  it('names only files and folders that exist, from the root or from src', () => {
    const rooms = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const known = new Set(['src', 'conformance', 'contracts', 'docs', 'scripts', ...rooms.map(({ name }) => name)]);
    const missing = pages.flatMap((page) =>
      [...proseOf(page).matchAll(/`([\w-]+\/[\w./-]*)`/g)]
        .map(([, name = '']) => name)
        .filter((name) => known.has(name.split('/', 1)[0] ?? ''))
        .filter((name) => !existsSync(name) && !existsSync(path.join('src', name)))
        .map((name) => `${page}: ${name}`),
    );
    expect(missing).toEqual([]);
  });

  it('names only scripts that package.json has', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const unknown = pages.flatMap((page) =>
      [...textOf(page).matchAll(/npm run ([a-z][a-z:-]*[a-z])(?![a-z:<-])/g)]
        .filter(([, name = '']) => !Object.hasOwn(scripts, name))
        .map(([command]) => `${page}: ${command}`),
    );
    expect(unknown).toEqual([]);
  });

  it('has every page of docs within two links of the README', () => {
    const near = new Set(['README.md']);
    for (let step = 0; step < 2; step++)
      for (const page of [...near].filter((name) => name.endsWith('.md')))
        for (const link of linksOf(page)) near.add(path.join(path.dirname(page), link.split('#')[0] ?? ''));
    expect(pages.filter((page) => !near.has(page))).toEqual([]);
  });

  it('lists every decision', () => {
    const list = new Set(linksOf('docs/decisions/README.md'));
    const decisions = readdirSync('docs/decisions').filter((name) => /^\d{4}-/.test(name));
    expect(decisions.filter((name) => !list.has(name))).toEqual([]);
    expect(decisions.map((name) => Number(name.slice(0, 4)))).toEqual(decisions.map((_, index) => index + 1));
  });
});
