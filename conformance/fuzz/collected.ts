import { requireThat } from './find.js';

/** All bytes of a stream. More than `maxBytes` of them, 256 MiB unless given, are a Find. */
export async function collected(chunks: AsyncIterable<Uint8Array>, maxBytes = 256 * 1024 * 1024): Promise<Buffer> {
  const parts: Buffer[] = [];
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    requireThat(total <= maxBytes, `More than ${maxBytes} bytes came out.`);
    parts.push(Buffer.from(chunk));
  }
  return Buffer.concat(parts);
}
