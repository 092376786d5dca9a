import { describe, expect, it } from '@jest/globals';
import { renderingParameters } from './rendering-parameters.js';

const read = (query: string) => renderingParameters(new URLSearchParams(query));

describe('renderingParameters', () => {
  it.each([
    ['window=40,400', { window: { center: 40, width: 400, function: 'LINEAR' } }],
    ['window=-600.5,1,linear', { window: { center: -600.5, width: 1, function: 'LINEAR' } }],
    ['window=1e3,.5,linear-exact', { window: { center: 1000, width: 0.5, function: 'LINEAR_EXACT' } }],
    ['window=0,0.001,SIGMOID', { window: { center: 0, width: 0.001, function: 'SIGMOID' } }],
    ['window=0,9,LINEAR_EXACT', { window: { center: 0, width: 9, function: 'LINEAR_EXACT' } }],
    ['quality=1', { quality: 1 }],
    ['quality=100', { quality: 100 }],
    ['annotation=technique,patient', { annotation: ['patient', 'technique'] }],
    ['iccprofile=yes', { iccProfile: 'own' }],
    ['iccprofile=sRGB', { iccProfile: 'srgb' }],
    ['iccprofile=adobergb', { iccProfile: 'adobergb' }],
    ['iccprofile=no', {}],
    ['window=&viewport=&quality=&annotation=&iccprofile=', {}],
    ['', {}],
  ])('reads %s', (query, rendering) => {
    expect(read(query).rendering).toEqual(rendering);
  });

  it.each([
    ['8192,1', { width: 8192, height: 1 }],
    ['9,8,,,,', {}],
    ['9,8,1.5,2', { left: 1.5, top: 2 }],
    ['9,8,-3,-4,5,6', { left: 3, top: 4, regionWidth: 5, regionHeight: 6 }],
    ['9,8,,,-5,', { regionWidth: 5, flipsHorizontally: true }],
    ['9,8,,,5,-6', { regionWidth: 5, regionHeight: 6, flipsVertically: true }],
  ])('reads viewport=%s', (value, viewport) => {
    const whole = { width: 9, height: 8, left: 0, top: 0, flipsHorizontally: false, flipsVertically: false };
    expect(read(`viewport=${value}`).rendering.viewport).toEqual({ ...whole, ...viewport });
  });

  it.each([
    'window=40',
    'window=,',
    'window=40,0',
    'window=40,0.99,linear',
    'window=40,0,sigmoid',
    'window=40,-1,linear-exact',
    'window=40,400,cubic',
    'window=40,400,linear,1',
    'window=NaN,400',
    'window=1e999,400',
    'window=0x10,400',
    'viewport=9',
    'viewport=0,9',
    'viewport=9,8193',
    'viewport=9.5,9',
    'viewport=-9,9',
    'viewport=9,9,a',
    'viewport=9,9,,,0,',
    'viewport=9,9,1,2,3,4,5',
    'quality=0',
    'quality=101',
    'quality=high',
    'iccprofile=cmyk',
  ])('refuses %s and names it', (query) => {
    expect(() => read(query)).toThrow(
      expect.objectContaining({ code: 'bad-request', message: expect.stringContaining(query) as unknown }),
    );
  });

  it('tells what has no effect, in whatever case', () => {
    expect(read('presentationUID=1&presentationseriesuid=2&annotation=patient,weather&foo=1')).toMatchObject({
      ignored: ['presentationUID', 'presentationseriesuid'],
      unknownAnnotations: ['weather'],
    });
  });
});
