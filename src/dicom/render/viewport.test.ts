import { describe, expect, it } from '@jest/globals';
import { placeViewport } from './viewport.js';

const picture = { width: 200, height: 100 };
const whole = { left: 0, top: 0 };

describe('placeViewport', () => {
  it.each([
    [
      { ...whole, width: 50, height: 50 },
      { regionWidth: 200, regionHeight: 100, width: 50, height: 25 },
    ],
    [
      { ...whole, width: 800, height: 800 },
      { regionWidth: 200, regionHeight: 100, width: 800, height: 400 },
    ],
    [
      { ...whole, width: 1, height: 1 },
      { regionWidth: 200, regionHeight: 100, width: 1, height: 1 },
    ],
    [
      { left: 50, top: 20, regionWidth: 20, regionHeight: 40, width: 40, height: 40 },
      { left: 50, top: 20, regionWidth: 20, regionHeight: 40, width: 20, height: 40 },
    ],
    [
      { left: 150.4, top: 0, regionWidth: 100, regionHeight: 100, width: 100, height: 100 },
      { left: 150, top: 0, regionWidth: 50, regionHeight: 100, width: 50, height: 100 },
    ],
    [
      { left: 199, top: 99, width: 10, height: 10 },
      { left: 199, top: 99, regionWidth: 1, regionHeight: 1, width: 10, height: 10 },
    ],
  ])('clips the region and keeps its aspect ratio', (viewport, placement) => {
    expect(placeViewport(picture, viewport)).toMatchObject(placement);
  });

  it.each([
    { left: 200, top: 0, width: 9, height: 9 },
    { left: 0, top: 100, width: 9, height: 9 },
    { left: 10, top: 10, regionWidth: 0.3, width: 9, height: 9 },
  ])('is nothing where nothing of the picture is left', (viewport) => {
    expect(placeViewport(picture, viewport)).toBeUndefined();
  });
});
