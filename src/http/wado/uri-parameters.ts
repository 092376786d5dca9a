import { LedgerError } from '../../base/errors.js';
import { MAX_VIEWPORT_SIDE, type Viewport, type VoiWindow } from '../../standard/rendering.js';
import { renderingParameters, type RenderingParameters } from './rendering-parameters.js';

/** Names of the parameters that make sense of a picture alone (PS3.18 Table 9.5.1-1). */
const OF_PICTURES = [
  'frameNumber',
  'rows',
  'columns',
  'region',
  'windowCenter',
  'windowWidth',
  'imageQuality',
  'imageAnnotation',
];

/** What a request of the URI service wants of a picture. */
export interface UriParameters extends RenderingParameters {
  /** From 1. */
  frameNumber: number | undefined;
  /** The names that have no effect where the object itself is sent. */
  ofPictures: string[];
}

/**
 * Reads the query parameters of the URI service (PS3.18 §9.4, §9.5) for a picture of `size`, undefined for what is none; those of
 * rendered resources (§8.3.5) have effect too. Throws `bad-request` that names a wrong value, and `not-implemented` for `anonymize=yes`.
 */
export function uriParameters(
  query: URLSearchParams,
  size: { width: number; height: number } | undefined,
): UriParameters {
  refuseAnonymize(query.get('anonymize') ?? '');
  const named = new URLSearchParams(query);
  const annotation = query.get('imageAnnotation');
  if (annotation !== null) named.set('annotation', annotation);
  const { rendering, ...others } = renderingParameters(named);
  const whole = (name: string, most: number): number | undefined => wholeNumber(query, { name, most });
  const sides = { rows: whole('rows', MAX_VIEWPORT_SIDE), columns: whole('columns', MAX_VIEWPORT_SIDE) };
  const region = readRegion(query);
  const quality = whole('imageQuality', 100);
  const window = readWindow(query);
  const viewport = size && viewportOf({ ...sides, region }, size);
  return {
    ...others,
    rendering: {
      ...rendering,
      ...(window && { window }),
      ...(viewport && { viewport }),
      ...(quality !== undefined && { quality }),
    },
    frameNumber: whole('frameNumber', 2 ** 31 - 1),
    ofPictures: OF_PICTURES.filter((name) => query.has(name)),
  };
}

/** What is not taken out is never sent in its place. */
function refuseAnonymize(value: string): void {
  if (value === '') return;
  if (value !== 'yes') throw wrong('anonymize', value, 'yes, or left out');
  throw new LedgerError(
    'not-implemented',
    'Nothing is de-identified on the way out, so that nothing is sent for anonymize=yes; leave it out, or ask whoever stores here for de-identified objects.',
  );
}

function wholeNumber(query: URLSearchParams, { name, most }: { name: string; most: number }): number | undefined {
  const value = query.get(name) ?? '';
  if (value === '') return undefined;
  const number = /^\d{1,10}$/.test(value) ? Number(value) : 0;
  if (number < 1 || number > most) throw wrong(name, value, `a whole number from 1 to ${most}`);
  return number;
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

const decimal = (text: string): number => (DECIMAL.test(text.trim()) ? Number(text) : NaN);

/** Left, top, right and lower edge, each from 0 to 1. */
type Region = readonly [left: number, top: number, right: number, bottom: number];

function readRegion(query: URLSearchParams): Region | undefined {
  const value = query.get('region') ?? '';
  if (value === '') return undefined;
  const [left = NaN, top = NaN, right = NaN, bottom = NaN, ...more] = value.split(',').map(decimal);
  const isOne = left >= 0 && top >= 0 && left < right && top < bottom && right <= 1 && bottom <= 1;
  if (!isOne || more.length > 0)
    throw wrong(
      'region',
      value,
      'left,top,right,bottom from 0 to 1, the first below the third, the second below the fourth',
    );
  return [left, top, right, bottom];
}

/** As an object without a VOI LUT Function has it; of a width below 1 that is exact (PS3.3 §C.11.2.1.2). */
function readWindow(query: URLSearchParams): VoiWindow | undefined {
  const [center, width] = [query.get('windowCenter') ?? '', query.get('windowWidth') ?? ''];
  if (center === '' && width === '') return undefined;
  const window = { center: decimal(center), width: decimal(width) };
  if (!Number.isFinite(window.center)) throw wrong('windowCenter', center, 'a decimal beside windowWidth');
  if (!(window.width > 0 && Number.isFinite(window.width)))
    throw wrong('windowWidth', width, 'a decimal above 0 beside windowCenter');
  return { ...window, function: window.width < 1 ? 'LINEAR_EXACT' : 'LINEAR' };
}

function viewportOf(
  { rows, columns, region }: { rows: number | undefined; columns: number | undefined; region: Region | undefined },
  { width, height }: { width: number; height: number },
): Viewport | undefined {
  if (rows === undefined && columns === undefined && region === undefined) return undefined;
  const [left, top, right, bottom] = region ?? [0, 0, 1, 1];
  const [regionWidth, regionHeight] = [(right - left) * width, (bottom - top) * height];
  const isScaled = rows !== undefined || columns !== undefined;
  const side = (wanted: number | undefined, own: number): number =>
    wanted ?? (isScaled ? MAX_VIEWPORT_SIDE : Math.max(1, Math.round(own)));
  return {
    width: side(columns, regionWidth),
    height: side(rows, regionHeight),
    ...{ left: left * width, top: top * height, regionWidth, regionHeight },
    flipsHorizontally: false,
    flipsVertically: false,
  };
}

function wrong(name: string, value: string, right: string): LedgerError {
  return new LedgerError('bad-request', `${name}=${value.slice(0, 80)} cannot be used; it is ${right}.`);
}
