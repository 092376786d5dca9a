import type { MultipartPart } from './multipart-stream.js';

type Part = MultipartPart | Promise<MultipartPart>;

/** So many parts are begun while one is sent. */
const AHEAD = 2;

/**
 * The parts, of which those that have to be waited for are opened, and read up to their first bytes, while the ones before are sent: so
 * neither the chain nor the client waits for the other at each slice of a series. Parts that are at hand are left as they are.
 */
export function* partsAhead(parts: Iterable<Part>): Generator<Part> {
  const iterator = parts[Symbol.iterator]();
  const ahead: Part[] = [];
  const begin = (): void => {
    const step = iterator.next();
    if (step.done === true) return;
    const part = step.value instanceof Promise ? step.value.then(begun) : step.value;
    // Who waits for it later hears of it.
    if (part instanceof Promise) part.catch(() => undefined);
    ahead.push(part);
  };
  for (begin(); ahead.length > 0;) {
    const part = ahead.shift()!;
    const wanted = part instanceof Promise ? AHEAD : 1;
    for (let missing = wanted - ahead.length; missing > 0; missing--) begin();
    yield part;
  }
}

/** The part, whose bytes are being read already. */
function begun(part: MultipartPart): MultipartPart {
  const bytes = part.payload.open();
  if (!(Symbol.asyncIterator in bytes)) return part;
  const iterator = bytes[Symbol.asyncIterator]();
  const first = iterator.next();
  first.catch(() => undefined);
  return { ...part, payload: { ...part.payload, open: () => resumed(first, iterator) } };
}

async function* resumed(
  first: Promise<IteratorResult<Buffer>>,
  iterator: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer> {
  try {
    for (let step = await first; step.done !== true; step = await iterator.next()) yield step.value;
  } finally {
    await iterator.return?.();
  }
}
