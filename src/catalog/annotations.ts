/** A name that people of this site give to studies, by which access is given to them. */
export interface Label {
  /** 1 to 64 characters of A-Z, a-z, 0-9, `.`, `_` and `-`. */
  label: string;
  /** Who or what has set it: a principal's issuer and subject, or `rule`. */
  setBy: string;
  /** Milliseconds since 1970. */
  setAt: number;
}

/** A study of one site. */
export interface StudyOfSite {
  siteId: number;
  StudyInstanceUID: string;
}

/** Labels of one study, and who sets them. */
export interface Labelling extends StudyOfSite {
  labels: readonly string[];
  setBy: string;
}

/**
 * What this site says of studies: facts of its own, which the chain does not have and no other site gets. They are durable when a
 * promise resolves, and stay when the catalogue is emptied and rebuilt. A study can be labelled before it is there.
 */
export interface Annotations {
  /** The labels of a study by their names, ascending. */
  labels(study: StudyOfSite): Promise<Label[]>;
  /**
   * Adds labels to a study; one that it has stays as it is. Rejects with `bad-request` for what is no label. With `unlessRemoved`
   * those that were taken away by hand stay away.
   */
  addLabels(labelling: Labelling, options?: { unlessRemoved?: boolean }): Promise<void>;
  /** Takes a label away from a study, and remembers that. Gives whether the study had it. */
  removeLabel(study: StudyOfSite, label: string): Promise<boolean>;
}

/** What a label is made of. */
export const isLabel = (text: string): boolean => /^[A-Za-z0-9._-]{1,64}$/.test(text);
