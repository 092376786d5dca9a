// What the compiler leaves to do: files that the compiled code reads beside itself, and the command `npx dicom-ledger`,
// which npm links for packages that depend on this one but not in its own checkout.
import { chmodSync, cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

cpSync(root('src/catalog/migrations'), root('dist/catalog/migrations'), { recursive: true });

chmodSync(root('dist/cli/main.js'), 0o755);
const link = root('node_modules/.bin/dicom-ledger');
mkdirSync(root('node_modules/.bin'), { recursive: true });
rmSync(link, { force: true });
symlinkSync('../../dist/cli/main.js', link);
