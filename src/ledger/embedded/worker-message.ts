import type { ErrorCode } from '../../base/errors.js';

/** The first message to the worker. */
export interface WorkerOptions {
  folder: string;
  periodMs: number;
  chainId: number;
  genesisAccounts: string[];
}

/** To the worker. `getCodes`, `getChunks` and a transaction as bytes are there so that bulk does not go through hex twice. */
export type WorkerRequest =
  | { kind: 'request'; id: number; method: string; parameters: readonly unknown[] }
  | { kind: 'codes'; id: number; addresses: string[] }
  | { kind: 'chunks'; id: number; contract: string; addresses: string[] }
  | { kind: 'close' };

export type WorkerMessage =
  | { kind: 'ready' }
  | { kind: 'failed'; code: ErrorCode; message: string }
  | { kind: 'result'; id: number; result: unknown }
  | { kind: 'error'; id: number; code: number; message: string; data: string | undefined }
  | { kind: 'head'; subscription: string; header: Record<string, unknown> }
  | { kind: 'log'; level: 'info' | 'warn' | 'error'; message: string }
  /** Why no block can be made; undefined once one was made. */
  | { kind: 'trouble'; sentence: string | undefined }
  | { kind: 'closed' };
