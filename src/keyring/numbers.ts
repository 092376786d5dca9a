/** Of whom and of what an object is, as its elements say: without a PatientID, a study has a patient of its own. */
export interface NumberedIdentity {
  StudyInstanceUID: string;
  /** (0010,0021), or what stands for it; may be empty. */
  IssuerOfPatientID: string;
  /** (0010,0020); may be empty. */
  PatientID: string;
}

/** By what a study and a patient are named on the chain: 64 bits each, which tell nothing of them. */
export interface StudyNumbers {
  studyKey: bigint;
  patientKey: bigint;
}

/** The numbers that this server gives to its studies and patients. */
export interface Numbers {
  /** The same for one study as long as the folder lives, and on the disk before it resolves. */
  numbersOf(identity: NumberedIdentity): Promise<StudyNumbers>;
  /**
   * Follows what this site itself has announced, by whatever server: a study or a patient that has no number here gets the announced
   * one, and no number that was given from this folder is given again. One that has a number keeps it.
   */
  learn(announced: NumberedIdentity & StudyNumbers): Promise<void>;
  /**
   * Tells of numbers that stand in this site's own announcements, before it is read whose they are: none of them is given again. A
   * folder that was brought back from yesterday would else do so.
   */
  seen(announced: readonly StudyNumbers[]): Promise<void>;
  /** From now on numbers come from another range: after a restore, or when the chain has what this folder doesn't know to have sent. */
  newIncarnation(): Promise<void>;
}
