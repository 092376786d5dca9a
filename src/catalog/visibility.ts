/**
 * What of the archive somebody may see. Each ground that is there narrows it: a study is seen when all of them hold. Whatever is
 * not seen is, for whoever asks, not in the archive: no count, page, status or ETag differs from those of an archive without it.
 */
export type Visibility =
  | 'everything'
  | {
      /** Studies that have at least one of these labels. */
      labels?: readonly string[];
      /** These studies alone, by StudyInstanceUID. */
      studies?: readonly string[];
      /** Studies of this patient alone; any issuer unless one is named. */
      patient?: { PatientID: string; IssuerOfPatientID?: string };
    };
