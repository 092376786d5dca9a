import { readdirSync, readFileSync } from 'node:fs';
import type { CompiledContract } from './test-chain.js';

interface Release extends CompiledContract {
  name: string;
  release: number;
}

const FOLDER = new URL('../released/', import.meta.url);

/** The newest release of a contract. */
export function released(name: 'ImageLedger' | 'Consortium' | 'Images'): CompiledContract {
  const texts = readdirSync(FOLDER).map((file) => readFileSync(new URL(file, FOLDER), 'utf8'));
  const releases = texts.map((text) => JSON.parse(text) as Release).filter((one) => one.name === name);
  return releases.reduce((newest, other) => (other.release > newest.release ? other : newest));
}
