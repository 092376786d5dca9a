import sharp from 'sharp';
import { LedgerError } from '../../base/errors.js';
import { MAX_SCANS, readJpegMarkers } from '../codec/jpeg-markers.js';
import type { PictureMediaType } from '../../standard/rendering.js';
import { MAX_PREVIEW_PIXELS } from './decode-preview.js';

/** A preview as it is stored, or as another kind of picture of the same size. Throws `corrupt` for what cannot be decoded. */
export async function convertPreview(preview: Buffer, mediaType: PictureMediaType): Promise<Buffer> {
  if (mediaType === 'image/jpeg') return preview;
  const markers = readJpegMarkers(preview);
  try {
    if (markers === undefined || markers.scanCount > MAX_SCANS) throw new Error('It is no JPEG.');
    const picture = sharp(preview, { limitInputPixels: MAX_PREVIEW_PIXELS });
    return await (mediaType === 'image/png' ? picture.png() : picture.gif({ dither: 0 })).toBuffer();
  } catch (cause) {
    throw new LedgerError('corrupt', 'The preview cannot be decoded; ask for image/jpeg, which gives it as it is.', {
      cause,
    });
  }
}
