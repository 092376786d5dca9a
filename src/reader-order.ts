import type { SiteRules } from './catalog/sqlite/site-rules.js';
import type { TlsFiles } from './http/listen/read-tls.js';

/** What a reader is started with, by the first message to it. */
export interface ReaderOrder {
  owner: { path: string; secret: string };
  catalogFile: string;
  annotationsFile: string;
  cacheFolder: string;
  rules: SiteRules;
  tls: TlsFiles | undefined;
  publicUrl: string | undefined;
  maxInstanceBytes: number;
  compressesFrames: boolean;
  /** What the owner's cache takes of one instance that is read as a whole. */
  cachedInstanceBytes: number;
  memoryBytes: number;
  threads: number;
  logLevel: string;
}

/** What the owner says to a reader. A connection comes with its handle. */
export type ToReader =
  | { kind: 'order'; order: ReaderOrder }
  | { kind: 'connection' }
  | { kind: 'forget'; imageId: string }
  | { kind: 'stop' };

/** What a reader says to the owner: that it can take connections, and that one has ended. */
export type ToOwner = { kind: 'ready' } | { kind: 'ended' };
