import { EXTENT_BYTES, type ExtentCache } from '../../pieces/extent-cache.js';
import type { NamedInstance } from './naming.js';
import type { SpooledPart } from './spool.js';

/** What this site has just stored is looked at next: it goes from the spool to the cache, so that nobody has to unpack it from the chain. */
export async function keepForReaders(
  { cache }: { cache?: ExtentCache },
  { named, part }: { named: NamedInstance; part: Pick<SpooledPart, 'bytes' | 'sha256'> },
): Promise<void> {
  const image = named.image();
  const { imageId } = named;
  const { byteCount } = part.bytes;
  if (!cache || imageId === undefined || image?.sha256 !== part.sha256 || byteCount > cache.maxInstanceBytes) return;
  for (let offset = 0; offset < byteCount; offset += EXTENT_BYTES) {
    const bytes = await part.bytes.read(offset, Math.min(EXTENT_BYTES, byteCount - offset));
    cache.spare({ imageId, contentKey: image.contentKey }, offset / EXTENT_BYTES, bytes);
  }
}
