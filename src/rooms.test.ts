import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const source = path.resolve('src');

/** Below all: `standard` knows `base`, and neither knows anything else of ours. */
const ground = [
  'base',
  'errors.ts',
  'log.ts',
  'byte-source.ts',
  'worker-url.ts',
  'write-durably.ts',
  'dicom-json-text.ts',
];

/** Which rooms a room may import from, besides itself and the ground. */
const arrows: Record<string, string[]> = {
  cli: ['main.ts', 'site.ts', 'config.ts', 'archive', 'dicom', 'ledger', 'catalog', 'network'],
  'main.ts': ['app.ts', 'config.ts'],
  'app.ts': ['alarms.ts', 'config.ts', 'http', 'site.ts'],
  'site.ts': ['alarms.ts', 'config.ts', 'archive', 'dicom', 'pieces', 'ledger', 'catalog'],
  http: ['archive', 'catalog', 'config.ts'],
  'alarms.ts': ['ledger'],
  archive: ['dicom', 'pieces', 'ledger', 'catalog'],
  network: ['ledger'],
  dicom: [],
  pieces: [],
  ledger: [],
  catalog: [],
  'config.ts': [],
};

/** Which folders of a room a folder may import from; what lies in the room itself may from all, and all from `ledger/ledger.ts`. */
const folderArrows: Record<string, Record<string, string[]>> = {
  http: {
    message: [],
    stow: ['message'],
    images: ['message', 'stow'],
    wado: ['message', 'stow'],
    qido: ['message'],
    ledger: ['message', 'stow'],
    operation: ['ledger'],
    viewer: ['message'],
  },
  dicom: {
    'data-set': [],
    codec: ['data-set'],
    part10: ['data-set'],
    metadata: ['data-set'],
    upload: ['codec', 'data-set'],
    transcode: ['codec', 'data-set'],
    render: ['codec', 'data-set', 'upload'],
  },
  ledger: {
    rpc: [],
    keys: ['rpc'],
    contract: ['keys', 'rpc'],
    nodes: ['rpc'],
    follow: ['contract', 'nodes', 'rpc'],
    send: ['keys', 'nodes', 'rpc'],
    image: ['contract', 'nodes', 'rpc', 'send'],
    embedded: [],
  },
};

/** Libraries that one room alone may know. */
const libraries: Record<string, string[]> = {
  express: ['http'],
  multer: ['http'],
  'dicom-parser': ['dicom'],
  dcmjs: ['dicom'],
  'dcmjs-codecs': ['dicom'],
  sharp: ['dicom'],
  ethers: ['ledger'],
  '@ethereumjs': ['ledger'],
  libsql: ['catalog'],
};

function files(): string[] {
  return readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !/(\.test|-suite|-bed|-oracle)\.ts$|\btesting\//.test(file),
  );
}

const imports = (file: string): string[] =>
  [...readFileSync(path.join(source, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(
    (found) => found[1] ?? '',
  );

/** Of each import of ours: the file it stands in and the file it names, below `src/`. */
const ownImports = (): { file: string; target: string }[] =>
  files().flatMap((file) =>
    imports(file)
      .filter((name) => name.startsWith('.'))
      .map((name) => ({
        file,
        target: path.relative(source, path.resolve(source, path.dirname(file), name.replace(/\.js$/, '.ts'))),
      })),
  );

const roomOf = (file: string): string => file.split(path.sep)[0] ?? '';

/** Of the file in its room; undefined for what lies in the room itself. */
const folderOf = (file: string): string | undefined => file.split(path.sep).slice(1, -1)[0];

describe('The arrows between rooms', () => {
  it('are those of the picture in docs/architecture.md', () => {
    const wrong = ownImports()
      .filter(({ file, target }) => {
        const [from, to] = [roomOf(file), roomOf(target)];
        if (from === to) return false;
        if (ground.includes(from)) return !ground.includes(to);
        return !ground.includes(to) && !arrows[from]?.includes(to);
      })
      .map(({ file, target }) => `${file} -> ${target}`);
    expect(wrong).toEqual([]);
  });

  it.each(Object.entries(folderArrows))('lead one way between the folders of %s', (room, allowed) => {
    const wrong = ownImports()
      .filter(({ file, target }) => {
        const [from, to] = [folderOf(file), folderOf(target)];
        if (roomOf(file) !== room || roomOf(target) !== room || from === undefined || from === to) return false;
        return to === undefined ? target !== path.join('ledger', 'ledger.ts') : !allowed[from]?.includes(to);
      })
      .map(({ file, target }) => `${file} -> ${target}`);
    expect(wrong).toEqual([]);
  });

  it('keep each outside library in its own room', () => {
    const wrong = files().flatMap((file) =>
      imports(file)
        .map((name) => name.split('/')[0] ?? '')
        .filter((name) => libraries[name] && !libraries[name].includes(roomOf(file)))
        .map((name) => `${file} -> ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('let only config.ts and the command line look at the environment', () => {
    const reads = files().filter((file) => readFileSync(path.join(source, file), 'utf8').includes('process.env'));
    expect(reads.filter((file) => !['main.ts', 'cli', 'network'].includes(roomOf(file)))).toEqual([]);
  });

  it('keep every file under 300 lines', () => {
    const long = files().filter(
      (file) =>
        file !== path.join('ledger', 'contract', 'abi.ts') &&
        readFileSync(path.join(source, file), 'utf8').split('\n').length > 300,
    );
    expect(long).toEqual([]);
  });
});
