import type { Viewport } from '../../standard/rendering.js';

/** A region of a picture in whole pixels, and the size it is shown in. */
export interface Placement {
  left: number;
  top: number;
  regionWidth: number;
  regionHeight: number;
  width: number;
  height: number;
}

/**
 * Where a viewport lies on a picture: the region, clipped at the edges, and the largest size in the viewport that keeps
 * its aspect ratio (PS3.18 §8.3.5.1.3). Undefined when the region lies outside of the picture.
 */
export function placeViewport(
  picture: { width: number; height: number },
  viewport: Pick<Viewport, 'width' | 'height' | 'left' | 'top' | 'regionWidth' | 'regionHeight'>,
): Placement | undefined {
  const left = Math.round(viewport.left);
  const top = Math.round(viewport.top);
  const right = Math.min(Math.round(viewport.left + (viewport.regionWidth ?? Infinity)), picture.width);
  const bottom = Math.min(Math.round(viewport.top + (viewport.regionHeight ?? Infinity)), picture.height);
  const regionWidth = right - left;
  const regionHeight = bottom - top;
  if (!(regionWidth >= 1 && regionHeight >= 1)) return undefined;
  const scale = Math.min(viewport.width / regionWidth, viewport.height / regionHeight);
  return {
    left,
    top,
    regionWidth,
    regionHeight,
    width: Math.max(Math.round(regionWidth * scale), 1),
    height: Math.max(Math.round(regionHeight * scale), 1),
  };
}
