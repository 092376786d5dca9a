import {
  type Annotation,
  type IccProfile,
  MAX_VIEWPORT_SIDE,
  type Rendering,
  type Viewport,
  type VoiWindow,
} from '../../standard/rendering.js';
import { LedgerError } from '../../base/errors.js';

/** What a request wants of a picture, and what of it is not done here. */
export interface RenderingParameters {
  rendering: Rendering;
  /** Names of parameters without effect. */
  ignored: string[];
  /** Values of `annotation` that are not known. */
  unknownAnnotations: string[];
}

/** PS3.18 §8.3.5.1.2, in whatever case. */
const NOT_DONE = ['presentationseriesuid', 'presentationuid'];

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** Reads the query parameters of rendered resources (PS3.18 §8.3.5). Throws `bad-request` that names a wrong value. */
export function renderingParameters(query: URLSearchParams): RenderingParameters {
  const annotations = list(query.get('annotation'));
  const known = annotations.filter((value): value is Annotation => value === 'patient' || value === 'technique');
  const window = given(query, 'window', readWindow);
  const viewport = given(query, 'viewport', readViewport);
  const quality = given(query, 'quality', readQuality);
  const iccProfile = given(query, 'iccprofile', readIccProfile);
  return {
    rendering: {
      ...(window && { window }),
      ...(viewport && { viewport }),
      ...(quality !== undefined && { quality }),
      ...(iccProfile && { iccProfile }),
      ...(known.length > 0 && { annotation: [...new Set(known)].sort() }),
    },
    ignored: [...new Set(query.keys())].filter((name) => NOT_DONE.includes(name.toLowerCase())),
    unknownAnnotations: annotations.filter((value) => !known.includes(value as Annotation)),
  };
}

function given<T>(query: URLSearchParams, name: string, read: (value: string) => T): T | undefined {
  const value = query.get(name);
  return value === null || value === '' ? undefined : read(value);
}

function list(value: string | null): string[] {
  return (value ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

const FUNCTIONS: Record<string, VoiWindow['function']> = {
  linear: 'LINEAR',
  'linear-exact': 'LINEAR_EXACT',
  sigmoid: 'SIGMOID',
};

/** PS3.18 §8.3.5.1.4; the function may be missing, and may be spelt as PS3.3 has it. */
function readWindow(value: string): VoiWindow {
  const [center = '', width = '', name = 'linear', ...more] = value.split(',').map((item) => item.trim());
  const known = FUNCTIONS[name.toLowerCase().replace('_', '-')];
  const window = known && { center: numberOf(center), width: numberOf(width), function: known };
  if (window === undefined || more.length > 0 || Number.isNaN(window.center) || Number.isNaN(window.width))
    throw wrong('window', value, 'center,width[,function] with function linear, linear-exact or sigmoid');
  const least = window.function === 'LINEAR' ? window.width >= 1 : window.width > 0;
  if (!least) throw wrong('window', value, 'a width of at least 1 for linear, else above 0');
  return window;
}

/** Throws `bad-request` for a viewport that no thumbnail can have: it is a width and a height (PS3.18 §8.3.5.1.3). */
export function requireThumbnailViewport(query: URLSearchParams): void {
  const value = query.get('viewport');
  if (value === null || value === '') return;
  readViewport(value);
  if (value.split(',').length > 2) throw wrong('viewport', value, 'width,height of a thumbnail');
}

/** PS3.18 §8.3.5.1.3: `vw,vh[,sx,sy,sw,sh]`, the last four as decimals that may be empty. */
function readViewport(value: string): Viewport {
  const parts = value.split(',').map((item) => item.trim());
  const [vw = '', vh = '', sx = '', sy = '', sw = '', sh = ''] = parts;
  const sides = [vw, vh].map((side) => (/^\d{1,5}$/.test(side) ? Number(side) : 0));
  const [width = 0, height = 0] = sides;
  if (parts.length > 6 || sides.some((side) => side < 1 || side > MAX_VIEWPORT_SIDE))
    throw wrong(
      'viewport',
      value,
      `width,height[,x,y,width,height]; sides of the picture are 1 to ${MAX_VIEWPORT_SIDE}`,
    );
  const [left = 0, top = 0, regionWidth, regionHeight] = [sx, sy, sw, sh].map((text) =>
    text === '' ? undefined : numberOf(text),
  );
  const region = [left, top, regionWidth, regionHeight];
  if (region.some(Number.isNaN) || regionWidth === 0 || regionHeight === 0)
    throw wrong('viewport', value, 'decimals for the region, its width and height not 0');
  return {
    width,
    height,
    left: Math.abs(left),
    top: Math.abs(top),
    ...(regionWidth !== undefined && { regionWidth: Math.abs(regionWidth) }),
    ...(regionHeight !== undefined && { regionHeight: Math.abs(regionHeight) }),
    flipsHorizontally: (regionWidth ?? 1) < 0,
    flipsVertically: (regionHeight ?? 1) < 0,
  };
}

function readQuality(value: string): number {
  const quality = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (quality < 1 || quality > 100) throw wrong('quality', value, 'a whole number from 1 to 100');
  return quality;
}

/** PS3.18 §8.3.5.1.5. `yes` leaves the choice to the object. */
function readIccProfile(value: string): IccProfile | undefined {
  const name = value.toLowerCase();
  if (name === 'no') return undefined;
  if (name === 'yes') return 'own';
  if (name === 'srgb' || name === 'adobergb' || name === 'rommrgb') return name;
  throw wrong('iccprofile', value, 'no, yes, srgb, adobergb or rommrgb');
}

function numberOf(text: string): number {
  const number = DECIMAL.test(text) ? Number(text) : NaN;
  return Number.isFinite(number) ? number : NaN;
}

function wrong(name: string, value: string, right: string): LedgerError {
  return new LedgerError('bad-request', `${name}=${value.slice(0, 80)} cannot be used; it is ${right}.`);
}
