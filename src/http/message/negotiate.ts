import type { Request } from 'express';
import { LedgerError } from '../../base/errors.js';
import { type MediaRange, parseMediaRanges } from './media-range.js';
import { queryOf } from './dicomweb-root.js';
import { requireCharset } from './require-charset.js';

/** One way in which a resource can be sent. The order of a list of offers is the server's own preference. */
export interface Offer<T> {
  /** Of the payload, or of the parts of a multipart/related. */
  mediaType: string;
  multipart: boolean;
  /**
   * Values of `transfer-syntax` that this offer answers; `*` is "as stored", the empty text "not given". With an empty
   * list only a wildcard gets it. Undefined: the parameter means nothing for this media type and is ignored.
   */
  transferSyntaxes?: readonly string[];
  /** Wins over an equally wanted type that is written before it. */
  preferred?: boolean;
  /** Whether it can be had at all, where that takes time to find out: asked when a request wants it. */
  isPossible?: () => boolean;
  value: T;
}

interface Fit {
  q: number;
  /** 0 for `*` + `/*` up to 3 for an exact type. */
  specificity: number;
  position: number;
}

/**
 * Chooses what to send (PS3.18 §8.7.8): the `accept` query parameter, or those of `acceptNames`, when it names a type of the offers, else the Accept header, else
 * (no header) the first offer. Highest q first; then the more specific range, the preferred offer, the order of the request.
 * Throws `not-acceptable` with a list of what there is, and `bad-request` for a character set that
 * there is not.
 */
export function negotiate<T>(
  request: Request,
  offers: readonly Offer<T>[],
  {
    acceptNames = ['accept'],
    reason,
  }: {
    /** Query parameters that stand for the Accept header. */
    acceptNames?: readonly string[];
    /** A sentence that says why there is no more than there is. */
    reason?: string | undefined;
  } = {},
): Offer<T> {
  const query = queryOf(request);
  requireCharset(query);
  // A raw `+` in a query decodes to a space.
  const wanted = acceptNames
    .flatMap((name) => query.getAll(name))
    .join(',')
    .replace(/dicom (json|xml)/gi, 'dicom+$1');
  const transferSyntax = query.get('transferSyntax') ?? undefined;
  const header = request.headers.accept ?? '';
  const named = parseMediaRanges(wanted);
  // A type that there is, in a transfer syntax that there is not, is no other type (PS3.18 §8.7.8.2).
  const isKnown = named.some((range) => range.q > 0 && offers.some((offer) => matchType(range, offer) !== undefined));
  const chosen =
    choose(named, offers, transferSyntax) ??
    (isKnown ? undefined : choose(parseMediaRanges(header.trim() === '' ? '*/*' : header), offers, transferSyntax));
  if (chosen !== undefined) return chosen;
  const available = offers
    .filter(isPossible)
    .map(describe)
    .filter((text, at, all) => all.indexOf(text) === at);
  throw new LedgerError(
    'not-acceptable',
    `Nothing that "${(wanted || header).slice(0, 300)}" asks for can be sent. ${reason === undefined ? '' : `${reason} `}Ask for one of: ${available.join(', ')}.`,
    { details: { available } },
  );
}

function choose<T>(ranges: MediaRange[], offers: readonly Offer<T>[], fallbackSyntax?: string): Offer<T> | undefined {
  let best: { offer: Offer<T>; fit: Fit } | undefined;
  for (const offer of offers) {
    const fit = bestFit(ranges, offer, fallbackSyntax);
    if (fit === undefined || fit.q === 0 || (best !== undefined && !isBetter({ offer, fit }, best))) continue;
    if (isPossible(offer)) best = { offer, fit };
  }
  return best?.offer;
}

const isPossible = (offer: Offer<unknown>): boolean => offer.isPossible?.() !== false;

function isBetter<T>(a: { offer: Offer<T>; fit: Fit }, b: { offer: Offer<T>; fit: Fit }): boolean {
  if (a.fit.q !== b.fit.q) return a.fit.q > b.fit.q;
  if (a.fit.specificity !== b.fit.specificity) return a.fit.specificity > b.fit.specificity;
  const exact = a.fit.specificity === 3;
  if (exact && Boolean(a.offer.preferred) !== Boolean(b.offer.preferred)) return Boolean(a.offer.preferred);
  return a.fit.position < b.fit.position;
}

/** How well the request fits an offer: by the most specific range that matches it, or the first of several such. */
function bestFit<T>(ranges: MediaRange[], offer: Offer<T>, fallbackSyntax?: string): Fit | undefined {
  let best: Fit | undefined;
  ranges.forEach((range, index) => {
    const specificity = matchType(range, offer);
    if (specificity === undefined) return;
    const syntax = matchSyntax(range, offer, fallbackSyntax);
    if (syntax === undefined) return;
    if (best === undefined || specificity > best.specificity)
      best = { q: range.q, specificity, position: index + syntax / 1000 };
  });
  return best;
}

function matchType<T>(range: MediaRange, offer: Offer<T>): number | undefined {
  if (range.multipart !== undefined && range.multipart !== offer.multipart) return undefined;
  if (range.mediaType === offer.mediaType) return 3;
  if (range.mediaType === '*/*') return range.multipart === undefined ? 0 : 1;
  const [type, subtype] = range.mediaType.split('/');
  return subtype === '*' && offer.mediaType.startsWith(`${type}/`) ? 2 : undefined;
}

/** Where the range lists the first transfer syntax that the offer can give, from 0; undefined when it lists none. */
function matchSyntax<T>(range: MediaRange, offer: Offer<T>, fallbackSyntax?: string): number | undefined {
  if (offer.transferSyntaxes === undefined) return 0;
  const asked =
    range.transferSyntaxes.length > 0 || fallbackSyntax === undefined ? range.transferSyntaxes : [fallbackSyntax];
  if (asked.length > 0) {
    const place = asked.findIndex((syntax) => offer.transferSyntaxes?.includes(syntax));
    return place < 0 ? undefined : place;
  }
  const wildcard = range.mediaType.endsWith('/*');
  return wildcard || offer.transferSyntaxes.includes('') ? 0 : undefined;
}

function describe<T>({ mediaType, multipart, transferSyntaxes = [] }: Offer<T>): string {
  const type = multipart ? `multipart/related; type="${mediaType}"` : mediaType;
  const named = transferSyntaxes.filter((syntax) => syntax !== '');
  if (named.length === 0) return type;
  return named.map((syntax) => `${type}; transfer-syntax=${syntax}`).join(', ');
}
