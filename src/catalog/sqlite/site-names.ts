import type { JsonElement } from '../../standard/dicom-json.js';
import type { SiteRules } from './site-rules.js';

/**
 * Whose an object is, as answers say it. Answers alone: neither is searched by. A key of Retrieve AE Title finds nothing, and one of
 * Institution Name what objects say themselves.
 */
export interface SiteNames {
  /** Retrieve AE Title (0008,0054). */
  retrieveAETitle(siteId: number): JsonElement;
  /** Institution Name (0008,0080) of another site's object that has none; undefined for this site's own, which stay as they are. */
  institutionName(siteId: number): JsonElement | undefined;
}

const element = (vr: string, value: string): JsonElement => ({ vr, Value: [value] });

/** 1 to 16 printable ASCII characters without backslash (PS3.5 §6.2). */
const AE_TITLE = /^[ -[\]-~]{1,16}$/;

export function createSiteNames({ siteId: own }: SiteRules, siteName: (siteId: number) => string): SiteNames {
  return {
    retrieveAETitle: (siteId) => {
      const name = siteName(siteId).trim();
      return element('AE', AE_TITLE.test(name) ? name : `SITE ${siteId}`);
    },
    institutionName: (siteId) => {
      if (siteId === own) return undefined;
      // LO: 64 characters at most, without backslash and control characters (PS3.5 §6.2).
      const name = siteName(siteId)
        .replace(/[\\\p{Cc}]/gu, ' ')
        .trim();
      return element('LO', [...name].slice(0, 64).join('') || `SITE ${siteId}`);
    },
  };
}

/** Whether an attribute is missing or without a value. */
export const isEmpty = (attribute: JsonElement | undefined): boolean =>
  !(attribute?.Value ?? []).some((value) => typeof value === 'string' && value.trim() !== '');
