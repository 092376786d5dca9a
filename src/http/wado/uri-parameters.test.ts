import { describe, expect, it } from '@jest/globals';
import { uriParameters } from './uri-parameters.js';

const read = (query: string, size?: { width: number; height: number }) =>
  uriParameters(new URLSearchParams(query), size ?? { width: 200, height: 100 });
const flips = { flipsHorizontally: false, flipsVertically: false };
const whole = { left: 0, top: 0, regionWidth: 200, regionHeight: 100, ...flips };

describe('uriParameters', () => {
  it.each([
    ['', {}],
    ['rows=&columns=&region=&windowCenter=&windowWidth=&imageQuality=&frameNumber=&anonymize=', {}],
    ['rows=50', { viewport: { width: 8192, height: 50, ...whole } }],
    ['columns=50', { viewport: { width: 50, height: 8192, ...whole } }],
    ['rows=8192&columns=1', { viewport: { width: 1, height: 8192, ...whole } }],
    [
      'region=0.25,0.5,0.75,1',
      { viewport: { width: 100, height: 50, left: 50, top: 50, regionWidth: 100, regionHeight: 50, ...flips } },
    ],
    [
      'region=0,0,1,1&columns=20',
      { viewport: { width: 20, height: 8192, left: 0, top: 0, regionWidth: 200, regionHeight: 100, ...flips } },
    ],
    ['windowCenter=-600&windowWidth=1500', { window: { center: -600, width: 1500, function: 'LINEAR' } }],
    ['windowCenter=0.5&windowWidth=.2', { window: { center: 0.5, width: 0.2, function: 'LINEAR_EXACT' } }],
    ['imageQuality=1', { quality: 1 }],
    ['imageQuality=100', { quality: 100 }],
    ['imageAnnotation=patient,technique', { annotation: ['patient', 'technique'] }],
    ['annotation=patient', { annotation: ['patient'] }],
  ])('reads ?%s', (query, rendering) => expect(read(query).rendering).toEqual(rendering));

  it('has no viewport for what is no picture', () => {
    expect(uriParameters(new URLSearchParams('rows=50&region=0,0,1,1'), undefined).rendering).toEqual({});
  });

  it.each(['1', '2147483647'])('reads the frame %s', (frameNumber) =>
    expect(read(`frameNumber=${frameNumber}`).frameNumber).toBe(Number(frameNumber)),
  );

  it.each([
    ...['rows=0', 'rows=8193', 'rows=1.5', 'columns=-1', 'columns=x', 'frameNumber=0', 'frameNumber=2147483648'],
    ...['imageQuality=0', 'imageQuality=101', 'anonymize=no'],
    ...[
      'region=0,0,1',
      'region=0,0,1,1,1',
      'region=0,0,1.1,1',
      'region=-0.1,0,1,1',
      'region=1,0,0,1',
      'region=0,1,1,1',
    ],
    ...['region=a,0,1,1', 'windowWidth=x', 'windowWidth=0', 'windowWidth=-1', 'windowCenter=x'],
  ])('refuses %s and names it', (query) => {
    const full = query.startsWith('windowWidth') ? `windowCenter=1&${query}` : query;
    expect(() => read(full)).toThrow(
      expect.objectContaining({ code: 'bad-request', message: expect.stringContaining(query) as unknown }),
    );
  });

  it.each(['windowCenter=40', 'windowWidth=400'])('refuses %s without the other', (query) => {
    expect(() => read(query)).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });

  it('sends nothing where it should be de-identified', () => {
    expect(() => read('anonymize=yes')).toThrow(
      expect.objectContaining({
        code: 'not-implemented',
        message: expect.stringContaining('anonymize=yes') as unknown,
      }),
    );
  });

  it('tells what has no effect', () => {
    expect(
      read('presentationUID=1.2&presentationSeriesUID=1.3&imageAnnotation=weather&rows=9&region=0,0,1,1'),
    ).toMatchObject({
      ignored: ['presentationUID', 'presentationSeriesUID'],
      unknownAnnotations: ['weather'],
      ofPictures: ['rows', 'region', 'imageAnnotation'],
    });
  });
});
