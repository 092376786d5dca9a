import { isEncapsulated } from '../../standard/transfer-syntaxes.js';
import { asBuffer } from '../data-set/as-buffer.js';
import type { InstanceSource } from '../data-set/instance-header.js';
import { nativePixels } from '../upload/native-pixels.js';

/** A frame as `renderFrame` takes it: of an uploaded file that is not encapsulated its pixels. Throws `corrupt` when it cannot be decoded. */
export async function decodableFrame(
  { source, transferSyntaxUID }: { source: InstanceSource; transferSyntaxUID: string },
  frame: { bytes: Uint8Array; transferSyntaxUID: string },
): Promise<{ bytes: Buffer; transferSyntaxUID: string }> {
  const stored = asBuffer(frame.bytes);
  const isImageFile = source !== 'part10' && !isEncapsulated(transferSyntaxUID);
  return { ...frame, bytes: isImageFile ? await nativePixels(stored, source) : stored };
}
