// What the compiler leaves to do in its output folder, `dist` unless one is named: files that the compiled code reads beside itself and,
// in `dist`, the command `npx dicom-ledger`, which npm links for packages that depend on this one but not in its own checkout. Each
// appears whole, for whoever reads it while another build goes on.
import { chmodSync, copyFileSync, mkdirSync, renameSync, symlinkSync } from 'node:fs';
import path from 'node:path';

const [outputFolder = 'dist', sourceFolder = 'src'] = process.argv.slice(2);
const readFiles = [
  'access/tables.sql',
  'audit/tables.sql',
  'catalog/postgres/functions.sql',
  'catalog/sqlite/annotations.sql',
  'catalog/sqlite/tables.sql',
  'keyring/tables.sql',
  'worklist/tables.sql',
  'http/pages/style.css',
];

function put(file, make) {
  const unfinished = `${file}.${process.pid}`;
  make(unfinished);
  renameSync(unfinished, file);
}

for (const file of readFiles)
  put(path.join(outputFolder, file), (to) => copyFileSync(path.join(sourceFolder, file), to));

if (outputFolder === 'dist') {
  const command = 'dist/cli/main.js';
  const link = 'node_modules/.bin/dicom-ledger';
  chmodSync(command, 0o755);
  mkdirSync(path.dirname(link), { recursive: true });
  put(link, (to) => symlinkSync(`../../${command}`, to));
}
