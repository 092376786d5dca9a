import sharp from 'sharp';
import { LedgerError } from '../../base/errors.js';
import { MAX_SCANS, readJpegMarkers } from '../codec/jpeg-markers.js';
import type { PreviewForm } from '../../standard/rendering.js';
import { MAX_PREVIEW_PIXELS } from './decode-preview.js';

/** A preview as it is stored, or as another kind of picture, or smaller. Throws `corrupt` for what cannot be decoded. */
export async function convertPreview(preview: Buffer, { mediaType, within }: PreviewForm): Promise<Buffer> {
  if (mediaType === 'image/jpeg' && within === undefined) return preview;
  const markers = readJpegMarkers(preview);
  try {
    if (markers === undefined || markers.scanCount > MAX_SCANS) throw new Error('It is no JPEG.');
    const fits = within === undefined || (markers.Columns <= within.width && markers.Rows <= within.height);
    if (fits && mediaType === 'image/jpeg') return preview;
    const picture = sharp(preview, { limitInputPixels: MAX_PREVIEW_PIXELS });
    const placed = fits ? picture : picture.resize({ ...within, fit: 'inside' });
    if (mediaType === 'image/jpeg') return await placed.jpeg({ quality: 90 }).toBuffer();
    return await (mediaType === 'image/png' ? placed.png() : placed.gif({ dither: 0 })).toBuffer();
  } catch (cause) {
    throw new LedgerError(
      'corrupt',
      'The preview cannot be decoded; ask for image/jpeg without a viewport, which gives it as it is.',
      { cause },
    );
  }
}
