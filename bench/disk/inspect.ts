import { execFileSync } from 'node:child_process';
import { ClassicLevel } from 'classic-level';

const SCHEME = ['--state.scheme', 'hash'];
const UNITS: Record<string, number> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** Category → bytes before the database's own compression, and entries; empty ones left out. */
export type DatabaseContent = Record<string, { bytes: number; items: number }>;

/** What lies in the database of a stopped geth. */
export function inspect(geth: string, folder: string): DatabaseContent {
  const text = execFileSync(geth, ['--datadir', folder, ...SCHEME, 'db', 'inspect'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 2 ** 26,
  });
  const found: DatabaseContent = {};
  for (const line of text.split('\n')) {
    const [, name, size, unit, items] = /\|[^|]*\|\s*([^|]+?)\s*\|\s*([\d.]+) (\w+)\s*\|\s*(\d+)\s*\|/.exec(line) ?? [];
    if (name && Number(items) > 0)
      found[name] = { bytes: Math.round(Number(size) * UNITS[unit ?? '']!), items: Number(items) };
  }
  return found;
}

/** Compacts the database of a stopped geth. */
export function compactNode(geth: string, folder: string): void {
  execFileSync(geth, ['--datadir', folder, ...SCHEME, 'db', 'compact'], { stdio: 'ignore' });
}

/** Compacts the index of a stopped embedded chain. */
export async function compactEmbedded(folder: string): Promise<void> {
  const level = new ClassicLevel<Uint8Array, Uint8Array>(folder, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    compression: false,
  });
  await level.open();
  await level.compactRange(Uint8Array.of(0), Uint8Array.of(255));
  await level.close();
}
