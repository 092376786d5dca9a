// What the compiler leaves behind: files that the compiled code reads beside itself.
import { cpSync } from 'node:fs';

const assets = ['catalog/migrations'];

for (const asset of assets) {
  cpSync(new URL(`../src/${asset}`, import.meta.url), new URL(`../dist/${asset}`, import.meta.url), {
    recursive: true,
  });
}
