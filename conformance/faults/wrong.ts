/** What is not as it has to be, and where. */
export interface Wrong {
  site?: string;
  SOPInstanceUID?: string;
  /** Whether an answer had called the instance stored. */
  isOwed?: boolean;
  what: string;
}
