import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { Archive } from '../src/archive/archive.js';
import { FAILURE_REASON } from '../src/standard/failure-reasons.js';
import { FAILURES } from '../src/http/failures.js';
import type { Route } from '../src/http/route.js';
import { routes } from '../src/http/routes.js';
import { httpPartsOver } from '../src/http/testing/http-app-over.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const statement = readFileSync(path.join(root, 'conformance/statement.md'), 'utf8');

interface Row {
  /** Its number in the statement, from 1. */
  line: number;
  /** The cell of the Tests column. */
  tests: string;
}

/** The rows of every table that has a Tests column. */
const rows = statement.split('\n').reduce<{ found: Row[]; isTested: boolean }>(
  (state, text, index) => {
    if (!text.startsWith('|')) return { ...state, isTested: false };
    const cells = text.split('|').map((cell) => cell.trim());
    const last = cells.at(-2) ?? '';
    if (last === 'Tests') return { ...state, isTested: true };
    if (state.isTested && !/^-+$/.test(last)) state.found.push({ line: index + 1, tests: last });
    return state;
  },
  { found: [], isTested: false },
).found;

/** Titles in a test file as they stand there: `%s` and `${name}` are not filled in. */
function titlesIn(file: string): Set<string> {
  const source = readFileSync(path.join(root, file), 'utf8');
  const literals = source.matchAll(/(?<!describe)\(\s*(['"`])((?:\\.|(?!\1)[^\n])*)\1\s*,\s*(?:async\b|\()/g);
  return new Set([...literals].map(([, , title = '']) => title.replace(/\\(.)/g, '$1')));
}

const known = new Map<string, Set<string>>();

/** What is wrong with the tests that a row names. */
function faultsOf({ line, tests }: Row): string[] {
  return tests.split('<br>').flatMap((reference) => {
    const [, file, title] = /^`([^`]+)`: (.+)$/.exec(reference) ?? [];
    if (file === undefined || title === undefined) return [`line ${line} has no test but "${reference}"`];
    if (!/(\.test|-suite)\.ts$/.test(file) || !existsSync(path.join(root, file)))
      return [`line ${line} names ${file}, which is no file of tests`];
    const titles = known.get(file) ?? titlesIn(file);
    known.set(file, titles);
    return titles.has(title) ? [] : [`line ${line}: ${file} has no test "${title}"`];
  });
}

/** A row of the table of resources (§2.4). A part of a path in brackets may be left out; `…` is any further path. */
function resourceRow({ method, path, service, permission, writes, handler }: Route): string {
  const url = path
    .replace(/\{\/\*\w+\}/, '[/…]')
    .replace(/\{\*\w+\}|\*\w+/, '…')
    .replace(/:(\w+)/g, '{$1}');
  const methods = { ANY: 'any', FILES: 'GET' }[method as string] ?? method;
  const answer = handler === 'not-implemented' ? '501: ' : '';
  return `| ${methods} | \`${method === 'FILES' ? '/…' : url}\` | ${answer}${service} | ${permission} | ${writes ? 'yes' : 'no'} |`;
}

describe('Conformance statement', () => {
  it('has every resource of the server, with its service and who may have it', () => {
    const [, section = ''] = statement.split('### 2.4 Resources');
    const listed = section
      .split('\n## ')[0]
      ?.match(/^\| .*\|$/gm)
      ?.slice(2);
    const options = { ...httpPartsOver({} as Archive), uploadOptions: { publicUrl: undefined, maxInstanceBytes: 1 } };
    expect(listed).toEqual(routes(options).map(resourceRow));
  });

  it('has tables whose every row names tests that exist', () => {
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.flatMap(faultsOf)).toEqual([]);
  });

  it('has every status that a failure can have', () => {
    const listed = new Set(statement.match(/(?<=^\| )\d{3}(?= \|)/gm)?.map(Number));
    expect([...new Set(Object.values(FAILURES).map(({ status }) => status))].filter((s) => !listed.has(s))).toEqual([]);
  });

  it('has every reason that a part can be refused or warned of with', () => {
    const codes = Object.values(FAILURE_REASON).map((code) => `0x${code.toString(16).toUpperCase().padStart(4, '0')}`);
    expect(codes.filter((code) => !new RegExp(`^\\| ${code} `, 'm').test(statement))).toEqual([]);
  });

  it('is of the version of the package', () => {
    const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
    expect(statement).toContain(`version ${version}.`);
  });
});
