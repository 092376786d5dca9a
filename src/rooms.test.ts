import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const source = path.resolve('src');

/** Below all: `standard` knows `base`, and `base` knows nothing of ours. */
const ground: Record<string, string[]> = { base: [], standard: ['base'] };

/** Which rooms a room may import from, besides itself and the ground. */
const arrows: Record<string, string[]> = {
  cli: [
    'main.ts',
    'site.ts',
    'config.ts',
    'open-site-audit.ts',
    'open-site-catalog.ts',
    'access',
    'archive',
    'audit',
    'dicom',
    'ledger',
    'catalog',
    'demo',
    'doctor',
    'keyring',
    'network',
    'secrecy',
    'suite',
  ],
  'main.ts': ['app.ts', 'config.ts', 'ledger'],
  'app.ts': [
    'alarms.ts',
    'config.ts',
    'access',
    'audit',
    'http',
    'open-site-audit.ts',
    'reading-settings.ts',
    'share-reading.ts',
    'site.ts',
    'worklist',
  ],
  'open-site-audit.ts': ['audit', 'config.ts', 'site.ts'],
  'site.ts': [
    'alarms.ts',
    'config.ts',
    'archive',
    'dicom',
    'pieces',
    'ledger',
    'catalog',
    'keyring',
    'open-site-catalog.ts',
    'open-site-keyring.ts',
    'open-site-letters.ts',
    'open-site-pseudonyms.ts',
    'open-site-sharing.ts',
    'site-naming.ts',
  ],
  'open-site-catalog.ts': ['catalog', 'config.ts', 'ledger'],
  'site-naming.ts': ['archive', 'catalog', 'config.ts', 'keyring', 'ledger'],
  'open-site-pseudonyms.ts': ['archive', 'config.ts', 'ledger'],
  'open-site-sharing.ts': ['archive', 'catalog', 'config.ts', 'keyring', 'ledger'],
  'open-site-keyring.ts': ['config.ts', 'keyring', 'ledger'],
  'open-site-letters.ts': ['archive', 'catalog', 'config.ts', 'keyring', 'ledger', 'open-site-keyring.ts'],
  http: ['access', 'archive', 'audit', 'config.ts', 'worklist'],
  access: ['catalog'],
  worklist: ['catalog'],
  audit: ['access'],
  'alarms.ts': ['ledger'],
  archive: ['dicom', 'pieces', 'ledger', 'catalog', 'keyring', 'secrecy'],
  network: ['ledger'],
  dicom: [],
  pieces: [],
  // Pure: what it needs of the chain, of files and of account keys is handed to it.
  secrecy: [],
  keyring: ['secrecy'],
  demo: ['dicom'],
  doctor: ['catalog', 'config.ts', 'dicom', 'http', 'keyring', 'ledger'],
  suite: [],
  ledger: [],
  catalog: [],
  'config.ts': [
    'audit-settings.ts',
    'body-settings.ts',
    'catalog-settings.ts',
    'identity-settings.ts',
    'key-settings.ts',
    'member-settings.ts',
    'network-faults.ts',
    'reading-settings.ts',
    'tls-faults.ts',
  ],
  'audit-settings.ts': [],
  'body-settings.ts': [],
  'catalog-settings.ts': [],
  'reading-settings.ts': [],
  'share-reading.ts': [
    'config.ts',
    'http',
    'open-readers.ts',
    'open-site-catalog.ts',
    'reading-settings.ts',
    'site.ts',
  ],
  'open-readers.ts': ['reader-order.ts'],
  'reader-worker.ts': ['archive', 'catalog', 'dicom', 'http', 'reader-order.ts'],
  'reader-order.ts': ['catalog', 'http'],
  'identity-settings.ts': [],
  'key-settings.ts': [],
  'member-settings.ts': [],
  'network-faults.ts': [],
  'tls-faults.ts': [],
};

/** Which folders of a room a folder may import from; what lies in the room itself may from all. */
const folderArrows: Record<string, Record<string, string[]>> = {
  http: {
    message: [],
    pages: [],
    access: ['message', 'pages'],
    capabilities: ['message', 'pages'],
    audit: ['message', 'pages'],
    door: ['message'],
    listen: ['message'],
    stow: ['message'],
    uploads: ['message', 'stow'],
    wado: ['message'],
    qido: ['message'],
    ledger: ['message', 'wado'],
    operation: ['ledger', 'pages', 'readers'],
    readers: ['listen', 'message', 'stow'],
    sharing: ['audit', 'ledger', 'message', 'pages'],
    changes: ['message'],
    commitment: ['message'],
    quarantine: ['ledger', 'message', 'pages'],
    viewer: ['message'],
    worklist: ['listen', 'message', 'qido'],
  },
  archive: {
    changes: ['commitment', 'project'],
    commitment: [],
    letters: [],
    project: ['secrecy'],
    rings: ['project'],
    sharing: ['letters', 'rings'],
    secrecy: [],
    store: ['project', 'secrecy'],
    retrieve: ['secrecy'],
  },
  // SQLite's code runs on PostgreSQL too.
  catalog: { matching: [], sqlite: ['matching'], postgres: ['matching', 'sqlite'] },
  dicom: {
    'data-set': [],
    codec: ['data-set'],
    part10: ['data-set'],
    metadata: ['data-set', 'render'],
    upload: ['codec', 'data-set'],
    transcode: ['codec', 'data-set'],
    compose: ['codec', 'data-set', 'transcode', 'upload'],
    render: ['codec', 'data-set', 'upload'],
    verify: ['codec', 'data-set', 'metadata', 'part10', 'render', 'upload'],
  },
  suite: {
    made: [],
    ask: ['made'],
    judge: ['ask', 'made'],
    rows: ['ask', 'judge', 'made'],
    report: [],
  },
  ledger: {
    ethereum: [],
    rpc: ['ethereum'],
    keys: ['ethereum', 'rpc'],
    contract: ['ethereum', 'keys', 'rpc'],
    consortium: ['contract', 'ethereum', 'keys', 'rpc'],
    nodes: ['ethereum', 'rpc'],
    follow: ['contract', 'ethereum', 'nodes', 'rpc'],
    send: ['ethereum', 'keys', 'nodes', 'rpc'],
    image: ['contract', 'ethereum', 'nodes', 'rpc', 'send'],
    rings: ['consortium', 'contract', 'ethereum', 'nodes', 'rpc', 'send'],
    embedded: ['contract', 'ethereum'],
  },
};

/** What lies in a room itself and is for all of its folders: the ports. */
const ports = [
  'archive/body-text.ts',
  'archive/stored-instance.ts',
  'catalog/annotations.ts',
  'catalog/catalog.ts',
  'catalog/change.ts',
  'catalog/conflict.ts',
  'catalog/query.ts',
  'catalog/ring-queries.ts',
  'catalog/change-feed.ts',
  'catalog/visibility.ts',
  'archive/archive.ts',
  'archive/outcome.ts',
  'archive/pseudonyms.ts',
  'http/authorize.ts',
  'http/break-glass.ts',
  'http/route.ts',
  'ledger/ledger.ts',
  'ledger/ring-ledger.ts',
  'suite/row.ts',
  'suite/verdict.ts',
];

/** Libraries that one room alone may know. */
const libraries: Record<string, string[]> = {
  express: ['http'],
  multer: ['http'],
  'dicom-parser': ['dicom'],
  dcmjs: ['dicom'],
  'dcmjs-codecs': ['dicom'],
  sharp: ['dicom', 'suite'],
  ethers: ['ledger', 'secrecy'],
  '@hpke': ['secrecy'],
  'shamir-secret-sharing': ['secrecy'],
  '@ethereumjs': ['ledger'],
  pg: ['catalog'],
  libsql: ['access', 'audit', 'base', 'catalog', 'keyring', 'worklist'],
  ws: ['http'],
  jose: ['access'],
  'openid-client': ['access'],
  'oidc-provider': ['access'],
  '@node-rs/argon2': ['access'],
};

/** Files that are started, not imported: they are named after what they start. */
const isProgram = (file: string): boolean => /(^|\/)(main|([a-z]+-)?worker)\.ts$/.test(file);

/** Production files, below `src/`. */
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !/\.test\.ts$|(^|\/)testing\//.test(file),
);

const textOf = (file: string): string => readFileSync(path.join(source, file), 'utf8');

const imports = (file: string): string[] =>
  [...textOf(file).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((found) => found[1] ?? '');

/** The files of ours that a file imports, below `src/`. */
const ownImports = (file: string): string[] =>
  imports(file)
    .filter((name) => name.startsWith('.'))
    .map((name) => path.relative(source, path.resolve(source, path.dirname(file), name.replace(/\.js$/, '.ts'))));

/** Of each import of ours: the file it stands in and the file it names. */
const edges = files.flatMap((file) => ownImports(file).map((target) => ({ file, target })));

const roomOf = (file: string): string => file.split(path.sep)[0] ?? '';

/** Of the file in its room; undefined for what lies in the room itself. */
const folderOf = (file: string): string | undefined => file.split(path.sep).slice(1, -1)[0];

const shown = ({ file, target }: { file: string; target: string }): string => `${file} -> ${target}`;

/** Circles of files: each one's members, in the order in which they import each other. */
function circlesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) found.push([...path.slice(at), file]);
    if (at >= 0 || done.has(file)) return;
    for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}

/** The words of a name, in lower case and the singular: `SegmentIndexes` and `segment-index` have the same. */
function wordsOf(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .toLowerCase()
    .split(/[-_]/)
    .map((word) => word.replace(/ies$/, 'y').replace(/s$/, ''));
  return `-${words.join('-')}-`;
}

describe('The arrows between rooms', () => {
  it('are those of the picture in docs/architecture.md', () => {
    const wrong = edges.filter(({ file, target }) => {
      const [from, to] = [roomOf(file), roomOf(target)];
      if (from === to) return false;
      if (ground[from]) return !ground[from].includes(to);
      return !ground[to] && !arrows[from]?.includes(to);
    });
    expect(wrong.map(shown)).toEqual([]);
  });

  it.each(Object.entries(folderArrows))('lead one way between the folders of %s', (room, allowed) => {
    const wrong = edges.filter(({ file, target }) => {
      const [from, to] = [folderOf(file), folderOf(target)];
      if (roomOf(file) !== room || roomOf(target) !== room || from === undefined || from === to) return false;
      return to === undefined ? !ports.includes(target) : !allowed[from]?.includes(to);
    });
    expect(wrong.map(shown)).toEqual([]);
  });

  it('lead in no circle of files, types included', () => {
    const graph = new Map(files.map((file) => [file, ownImports(file)]));
    expect(circlesOf(graph).map((circle) => circle.join(' -> '))).toEqual([]);
    expect(circlesOf(new Map([['a', ['b']], ['b', ['c']], ['c', ['b']]]))).toEqual([['b', 'c', 'b']]); // prettier-ignore
  });

  it('keep each outside library in its own room', () => {
    const wrong = files.flatMap((file) =>
      imports(file)
        .map((name) => name.split('/')[0] ?? '')
        .filter((name) => libraries[name] && !libraries[name].includes(roomOf(file)))
        .map((name) => `${file} -> ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('let only config.ts and the command line look at the environment', () => {
    const reads = files.filter((file) => textOf(file).includes('process.env'));
    expect(reads.filter((file) => !['main.ts', 'cli', 'network'].includes(roomOf(file)))).toEqual([]);
  });
});

describe('Every file', () => {
  it('has less than 300 lines', () => {
    const isGenerated = (file: string): boolean => /^ledger\/contract\/.*-abi\.ts$/.test(file);
    expect(files.filter((file) => !isGenerated(file) && textOf(file).split('\n').length > 300)).toEqual([]);
  });

  it('is named after one of its exports, whose name has the words of the file together', () => {
    const misnamed = files.filter((file) => {
      const exported = textOf(file).matchAll(
        /^export (?:declare )?(?:async )?(?:function\*?|const|class|interface|type|let) (\w+)/gm,
      );
      const name = wordsOf(path.basename(file, '.ts'));
      return (
        !isProgram(file) && !file.endsWith('.d.ts') && ![...exported].some(([, own]) => wordsOf(own!).includes(name))
      );
    });
    expect(misnamed).toEqual([]);
  });
});
