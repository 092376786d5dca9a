// What lies in a stopped geth's database, and the database compacted.
import { execFileSync } from 'node:child_process';

const scheme = ['--state.scheme', 'hash'];
const units = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** Category → bytes before the database's own compression, and entries; empty ones left out. */
export function inspect(geth, folder) {
  const text = execFileSync(geth, ['--datadir', folder, ...scheme, 'db', 'inspect'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 2 ** 26,
  });
  const found = {};
  for (const line of text.split('\n')) {
    const [, name, size, unit, items] = /\|[^|]*\|\s*([^|]+?)\s*\|\s*([\d.]+) (\w+)\s*\|\s*(\d+)\s*\|/.exec(line) ?? [];
    if (name && Number(items) > 0)
      found[name] = { bytes: Math.round(Number(size) * units[unit]), items: Number(items) };
  }
  return found;
}

export function compactNode(geth, folder) {
  execFileSync(geth, ['--datadir', folder, ...scheme, 'db', 'compact'], { stdio: 'ignore' });
}

/** The index of a stopped embedded chain. */
export async function compactEmbedded(folder) {
  const { ClassicLevel } = await import('classic-level');
  const level = new ClassicLevel(folder, { keyEncoding: 'view', valueEncoding: 'view', compression: false });
  await level.open();
  await level.compactRange(Uint8Array.of(0), Uint8Array.of(255));
  await level.close();
}
