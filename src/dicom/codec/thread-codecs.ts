import { LedgerError } from '../../errors.js';
import { openWasmCodecs, type WasmCodecs } from './wasm-codecs.js';

let opened: Promise<WasmCodecs> | undefined;

/**
 * Uses this thread's instance of the codecs, which is made when it is first needed. After an error it is dropped: its
 * memory may be damaged. Throws `corrupt`.
 */
export async function withCodecs<T>(use: (codecs: WasmCodecs) => T): Promise<T> {
  const mine = await (opened ??= openWasmCodecs());
  try {
    return use(mine);
  } catch (cause) {
    opened = undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LedgerError('corrupt', `The codec cannot read the frame: ${reason}.`, { cause });
  }
}
