import type { JsonElement } from '../../standard/dicom-json.js';
import type { SiteRules } from './site-rules.js';
import { TAGS } from '../matching/tags.js';

/** Whose series it is, and whether it is found in another site's study. */
interface Whose {
  siteId: number;
  isAddition: boolean;
}

/** An attribute that answers say otherwise than the object, and what they say; undefined where it stays as it is. */
type Said = readonly [tag: string, valueOf: (own: JsonElement | undefined) => JsonElement | undefined];

/**
 * Whose an object is, as answers say it. Answers alone: nothing of it is searched by. A key of Retrieve AE Title finds nothing, and one of
 * Institution Name or Series Description what objects say themselves.
 */
export interface SiteNames {
  /** Retrieve AE Title (0008,0054). */
  retrieveAETitle(siteId: number): JsonElement;
  /**
   * What is said with a series, ascending by tag. Of another site's, Institution Name (0008,0080) where it has none; of an addition
   * always, and Retrieve AE Title, and Series Description (0008,103E) that begins with the site's name in brackets. Of this site's own nothing.
   */
  ofSeries(whose: Whose): readonly Said[];
}

const element = (vr: string, value: string): JsonElement => ({ vr, Value: [value] });

/** 1 to 16 printable ASCII characters without backslash (PS3.5 §6.2). */
const AE_TITLE = /^[ -[\]-~]{1,16}$/;
/** Of an LO (PS3.5 §6.2). */
const MAX_CHARACTERS = 64;

export function createSiteNames({ siteId: own }: SiteRules, siteName: (siteId: number) => string): SiteNames {
  const nameOf = (siteId: number): string => {
    // An LO has no backslash (PS3.5 §6.2).
    const name = siteName(siteId).replaceAll('\\', ' ').trim();
    return name || `SITE ${siteId}`;
  };
  const retrieveAETitle = (siteId: number): JsonElement => {
    const name = siteName(siteId);
    return element('AE', AE_TITLE.test(name) ? name : `SITE ${siteId}`);
  };
  return {
    retrieveAETitle,
    ofSeries: ({ siteId, isAddition }) => {
      if (siteId === own) return [];
      const institution = element('LO', first(MAX_CHARACTERS, nameOf(siteId)));
      if (!isAddition) return [[TAGS.InstitutionName, (said) => (isEmpty(said) ? institution : undefined)]];
      return [
        [TAGS.RetrieveAETitle, () => retrieveAETitle(siteId)],
        [TAGS.InstitutionName, () => institution],
        [TAGS.SeriesDescription, (said) => element('LO', described(nameOf(siteId), said))],
      ];
    },
  };
}

function described(name: string, said: JsonElement | undefined): string {
  const [description] = said?.Value ?? [];
  const begin = `[${first(MAX_CHARACTERS - 2, name)}]`;
  const text = typeof description === 'string' ? `${begin} ${description}` : begin;
  return first(MAX_CHARACTERS, text).trim();
}

const first = (count: number, text: string): string => [...text].slice(0, count).join('');

/** Whether an attribute is missing or without a value. */
const isEmpty = (attribute: JsonElement | undefined): boolean =>
  !(attribute?.Value ?? []).some((value) => typeof value === 'string' && value.trim() !== '');
