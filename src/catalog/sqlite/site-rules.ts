/** What one site decides of a catalogue for itself. */
export interface SiteRules {
  siteId: number;
  /** Of two sites with one StudyInstanceUID, the one that is named first is shown; then those that are not named, by number. */
  siteOrder: readonly number[];
  /** Sites whose series are found in the study that is shown, beside those that it has itself. */
  additions: readonly number[];
  /** More of one site's images in one hour of the chain than a person has to agree to. */
  retirementsPerHour: number;
  /** All other settings that decide what is read, as text: a catalogue that was made with others is rebuilt. */
  settings: string;
}

/** Orders sites as they are shown: this one, then by `siteOrder`, then by number. */
export function compareSites({ siteId, siteOrder }: SiteRules): (a: number, b: number) => number {
  const rankOf = (site: number): number => {
    if (site === siteId) return -1;
    const rank = siteOrder.indexOf(site);
    return rank === -1 ? siteOrder.length : rank;
  };
  return (a, b) => rankOf(a) - rankOf(b) || a - b;
}
