import { LedgerError } from '../../base/errors.js';
import { requireKnownAnswers } from './known-answers.js';
import type { CodecFamily } from '../../standard/transfer-syntaxes.js';
import { openWasmCodecs, type WasmCodecs } from './wasm-codecs.js';

interface Opened {
  codecs: WasmCodecs;
  /** Families that have given their known answers. */
  proven: Set<CodecFamily>;
}

/**
 * After a larger frame the instance is dropped: WebAssembly's memory grows and never shrinks. A new one takes 10 ms, and V8 collects all
 * garbage of its thread for each. JPEG decodes by lines and needs little more than the samples: those of an X-ray keep it.
 */
const MAX_KEPT_SAMPLES: Partial<Record<CodecFamily, number>> & { other: number } = { Jpeg: 2 ** 23, other: 2 ** 21 };

let opened: Promise<Opened> | undefined;

/**
 * Runs `use` with this thread's instance of the codecs. It is made on first use, and has to give the known answers of a
 * family before it is used for that family. After an error it is dropped, since its memory may be damaged. Throws
 * `corrupt` for what `use` throws, and `misconfigured` for a wrong known answer.
 */
export async function withWasmCodecs<T>(
  { family, sampleCount }: { family: CodecFamily; sampleCount: number },
  use: (codecs: WasmCodecs) => T,
): Promise<T> {
  const { codecs, proven } = await (opened ??= openWasmCodecs().then((made) => ({ codecs: made, proven: new Set() })));
  try {
    if (!proven.has(family)) requireKnownAnswers(codecs, family);
    proven.add(family);
    const result = use(codecs);
    if (sampleCount > (MAX_KEPT_SAMPLES[family] ?? MAX_KEPT_SAMPLES.other)) opened = undefined;
    return result;
  } catch (cause) {
    opened = undefined;
    if (cause instanceof LedgerError) throw cause;
    throw new LedgerError('corrupt', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
