import type { LedgerProvider } from '../rpc/provider.js';

/** A node whose answers are changed on their way. */
export function answering(
  provider: LedgerProvider,
  change: (method: string, answer: unknown, params: readonly unknown[]) => unknown,
): LedgerProvider {
  return { request: async (call) => change(call.method, await provider.request(call), call.params ?? []) };
}
