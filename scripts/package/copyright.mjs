// Debian's copyright file (machine-readable, version 1.0) of everything that is inside.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const HOME = '/usr/lib/dicom-ledger';

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

const HEAD = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: dicom-ledger
Comment: The package has programs of others inside. The text of each licence lies beside what it is for: the files are
 named below.

Files: *
Copyright: the contributors of dicom-ledger
License: Apache-2.0

Files: usr/lib/dicom-ledger/bin/node
Copyright: Node.js contributors, and those named in ${HOME}/bin/LICENSE.node
License: Expat-and-others
 The whole text, of what is linked into it too, is ${HOME}/bin/LICENSE.node

Files: usr/lib/dicom-ledger/bin/geth
Copyright: 2014-2024 The go-ethereum Authors
License: GPL-3
Comment: How to get its source, with the changes made to it: /usr/share/doc/dicom-ledger/GETH-SOURCE.md. The library in it is
 under the LGPL-3 (/usr/share/common-licenses/LGPL-3).

Files: usr/lib/dicom-ledger/viewer/*
Copyright: 2018 Open Health Imaging Foundation
License: Expat
Comment: @ohif/app, and what is bundled into it.
`;

const TEXTS = `
License: Apache-2.0
 The text is /usr/share/common-licenses/Apache-2.0 and ${HOME}/LICENSE

License: GPL-3
 The text is /usr/share/common-licenses/GPL-3

License: Expat
${indented(MIT)}
`;

/** Throws when a module says nothing of its licence. */
export function copyrightText(modulesFolder) {
  return `${HEAD}${packagesIn(modulesFolder).map(stanzaOf).join('')}${TEXTS}`;

  function stanzaOf(folder) {
    const { name, version, license, licenses, author } = JSON.parse(
      readFileSync(path.join(folder, 'package.json'), 'utf8'),
    );
    const said = license?.type ?? license ?? licenses?.map(({ type }) => type).join(' or ');
    const file = readdirSync(folder).find((one) => /^(licen[cs]e|copying)/i.test(one));
    if (said === undefined && file === undefined) throw new Error(`${name} ${version} says nothing of its licence.`);
    const within = path.relative(path.dirname(modulesFolder), folder);
    const text = file === undefined ? '' : readFileSync(path.join(folder, file), 'utf8');
    const holders = [...text.matchAll(/^\W*(?:copyright)\b[^\n]*\d{4}[^\n]*/gim)].map(([line]) => line.trim());
    const byline = typeof author === 'string' ? author : author?.name;
    const copyright = holders.length > 0 ? holders.join('\n           ') : (byline ?? `the authors of ${name}`);
    return `
Files: usr/lib/dicom-ledger/${within}/*
Copyright: ${copyright}
License: ${String(said ?? 'other')
      .replaceAll(/[()]/g, '')
      .replaceAll(' ', '-')}-of-${name.replaceAll(/[@/]/g, '-')}
 ${file === undefined ? `Its package.json says: ${said}` : `The text is ${path.join(HOME, within, file)}`}
Comment: ${name} ${version}
`;
  }
}

/** Every installed package, also those within others. */
function packagesIn(modules) {
  return readdirSync(modules, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => path.join(modules, name))
    .flatMap((folder) => (path.basename(folder).startsWith('@') ? packagesIn(folder) : [folder, ...within(folder)]))
    .sort();

  function within(folder) {
    const inner = path.join(folder, 'node_modules');
    return existsSync(inner) ? packagesIn(inner) : [];
  }
}

function indented(text) {
  return text
    .split('\n')
    .map((line) => ` ${line === '' ? '.' : line}`)
    .join('\n');
}
