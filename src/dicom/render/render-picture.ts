import { LedgerError } from '../../base/errors.js';
import { annotationLines } from './annotation.js';
import { frameDelaysMs, MAX_ANIMATION_PIXELS } from './animation.js';
import { asBuffer } from '../data-set/as-buffer.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import type { AnimationTask, PictureResult, PictureTask } from './picture-worker.js';
import type { PictureMediaType, Rendering } from '../../standard/rendering.js';
import type { Picture } from './picture.js';

interface RenderPictureDependencies {
  make: (frame: number | undefined, output: PictureTask['output']) => Promise<PictureResult>;
  animate: (task: AnimationTask) => Promise<PictureResult>;
}

/** `Pictures.render`, with what makes pictures in threads. */
export async function renderPicture(
  { make, animate }: RenderPictureDependencies,
  header: InstanceHeader,
  {
    mediaType,
    frames = [],
    rendering = {},
  }: { mediaType: PictureMediaType; frames?: readonly number[]; rendering?: Rendering },
): Promise<RenderedPicture | undefined> {
  if (frames.length <= 1) {
    const lines = annotationLines(header, rendering.annotation ?? []);
    return pictureOf(await make(frames[0], { mediaType, rendering, lines }));
  }
  const pictures: Picture[] = [];
  for (const frame of frames) {
    const result = await make(frame, { pixels: rendering });
    if (result.kind !== 'pixels') return pictureOf(result);
    const { width, height } = result.picture;
    if (width * height * frames.length > MAX_ANIMATION_PIXELS)
      throw new LedgerError(
        'too-large',
        `${frames.length} frames of ${width} × ${height} pixels are more than the ${MAX_ANIMATION_PIXELS} of an animation; ask for a smaller viewport or fewer frames.`,
      );
    pictures.push(result.picture);
  }
  const made = pictureOf(await animate({ pictures, delaysMs: frameDelaysMs(header, frames) }));
  return made && { ...made, isAnnotated: rendering.annotation === undefined };
}

function pictureOf(result: PictureResult): RenderedPicture | undefined {
  if (result.kind === 'refused')
    throw new LedgerError('not-acceptable', `The frame cannot be shown: ${result.message} /thumbnail has the preview.`);
  if (result.kind !== 'picture') return undefined;
  return { bytes: asBuffer(result.bytes), isAnnotated: result.isAnnotated };
}

export interface RenderedPicture {
  bytes: Buffer;
  /** False when the annotations that were asked for could not be written: no fonts, or no room. */
  isAnnotated: boolean;
}
