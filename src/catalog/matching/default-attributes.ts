import type { QueryLevel } from '../query.js';
import { TAGS } from './tags.js';

/** Attributes that an answer has when nothing else is asked for. */
interface Defaults {
  /** Returned always, empty when not known: tag → VR. */
  required: Record<string, string>;
  /** Returned when known. */
  known: string[];
}

/** PS3.18 Tables 10.6.3-3 to -5 and, for patients, the same at their level; UIDs, counts and lists are computed. */
export const DEFAULT_ATTRIBUTES: Record<QueryLevel, Defaults> = {
  patient: {
    required: {
      [TAGS.PatientName]: 'PN',
      [TAGS.PatientID]: 'LO',
      [TAGS.PatientBirthDate]: 'DA',
      [TAGS.PatientSex]: 'CS',
    },
    known: [
      TAGS.IssuerOfPatientID,
      TAGS.NumberOfPatientRelatedStudies,
      TAGS.NumberOfPatientRelatedSeries,
      TAGS.NumberOfPatientRelatedInstances,
    ],
  },
  study: {
    required: {
      [TAGS.StudyDate]: 'DA',
      [TAGS.StudyTime]: 'TM',
      [TAGS.AccessionNumber]: 'SH',
      [TAGS.ModalitiesInStudy]: 'CS',
      [TAGS.ReferringPhysicianName]: 'PN',
      [TAGS.PatientName]: 'PN',
      [TAGS.PatientID]: 'LO',
      [TAGS.PatientBirthDate]: 'DA',
      [TAGS.PatientSex]: 'CS',
      [TAGS.StudyID]: 'SH',
    },
    known: [
      TAGS.SOPClassesInStudy,
      TAGS.StudyDescription,
      TAGS.NumberOfStudyRelatedSeries,
      TAGS.NumberOfStudyRelatedInstances,
    ],
  },
  series: {
    required: {
      [TAGS.Modality]: 'CS',
      [TAGS.SeriesNumber]: 'IS',
      [TAGS.PerformedProcedureStepStartDate]: 'DA',
      [TAGS.PerformedProcedureStepStartTime]: 'TM',
      [TAGS.RequestAttributesSequence]: 'SQ',
    },
    known: [TAGS.SeriesDescription, TAGS.NumberOfSeriesRelatedInstances],
  },
  instance: {
    required: { [TAGS.InstanceNumber]: 'IS' },
    known: [
      TAGS.SOPClassUID,
      TAGS.AvailableTransferSyntaxUID,
      TAGS.NumberOfFrames,
      TAGS.Rows,
      TAGS.Columns,
      TAGS.BitsAllocated,
    ],
  },
};

/** What is shown of RequestAttributesSequence (0040,0275) when no more is asked for. */
export const DEFAULT_ITEMS: Record<string, string[]> = {
  [TAGS.RequestAttributesSequence]: [TAGS.ScheduledProcedureStepID, TAGS.RequestedProcedureID],
};
