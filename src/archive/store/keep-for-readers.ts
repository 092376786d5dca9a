import type { ProjectionState } from '../../catalog/catalog.js';
import { EXTENT_BYTES, type ExtentCache } from '../../pieces/extent-cache.js';
import type { SpooledPart } from './spool.js';

/** What this site has just stored is looked at next: it goes from the spool to the cache, so that nobody has to unpack it from the chain. */
export async function keepForReaders(
  { cache, projection }: { cache?: ExtentCache; projection: Pick<ProjectionState, 'image'> },
  { imageId, part }: { imageId: string; part: Pick<SpooledPart, 'bytes' | 'sha256'> },
): Promise<void> {
  const image = projection.image(imageId);
  const { byteCount } = part.bytes;
  if (!cache || image?.sha256 !== part.sha256 || byteCount > cache.maxInstanceBytes) return;
  for (let offset = 0; offset < byteCount; offset += EXTENT_BYTES) {
    const bytes = await part.bytes.read(offset, Math.min(EXTENT_BYTES, byteCount - offset));
    cache.spare({ imageId, contentKey: image.contentKey }, offset / EXTENT_BYTES, bytes);
  }
}
