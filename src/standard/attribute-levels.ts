import { attribute } from '../dicom/data-set/dictionary.js';

/** Attributes of the Patient and Study levels besides group 0010: PS3.3 §C.7.1, §C.7.2. */
const STUDY = `StudyDate StudyTime AccessionNumber IssuerOfAccessionNumberSequence ReferringPhysicianName
  ReferringPhysicianIdentificationSequence ConsultingPhysicianName ConsultingPhysicianIdentificationSequence
  StudyDescription ProcedureCodeSequence PhysiciansOfRecord PhysiciansOfRecordIdentificationSequence
  NameOfPhysiciansReadingStudy PhysiciansReadingStudyIdentificationSequence AdmittingDiagnosesDescription
  AdmittingDiagnosesCodeSequence ReferencedStudySequence ReferencedPatientSequence
  ClinicalTrialSponsorName ClinicalTrialProtocolID ClinicalTrialProtocolName ClinicalTrialSiteID ClinicalTrialSiteName
  ClinicalTrialSubjectID ClinicalTrialSubjectReadingID ClinicalTrialTimePointID ClinicalTrialTimePointDescription
  PatientIdentityRemoved DeidentificationMethod DeidentificationMethodCodeSequence
  ClinicalTrialProtocolEthicsCommitteeName ClinicalTrialProtocolEthicsCommitteeApprovalNumber
  ConsentForClinicalTrialUseSequence StudyInstanceUID StudyID OtherStudyNumbers RequestingPhysician RequestingService
  RequestedProcedureDescription RequestedProcedureCodeSequence StudyComments AdmissionID IssuerOfAdmissionIDSequence
  ServiceEpisodeID IssuerOfServiceEpisodeIDSequence ServiceEpisodeDescription PatientState
  ReasonForVisit ReasonForVisitCodeSequence ReasonForPerformedProcedureCodeSequence`;

/** Attributes of the Series and Equipment levels and of the Frame of Reference: PS3.3 §C.7.3 to §C.7.5. */
const SERIES = `Modality SeriesDate SeriesTime SeriesDescription SeriesDescriptionCodeSequence PerformingPhysicianName
  PerformingPhysicianIdentificationSequence OperatorsName OperatorIdentificationSequence RelatedSeriesSequence
  ReferencedPerformedProcedureStepSequence Manufacturer InstitutionName InstitutionAddress
  InstitutionalDepartmentName InstitutionalDepartmentTypeCodeSequence StationName ManufacturerModelName
  BodyPartExamined PatientPosition ProtocolName DeviceSerialNumber SoftwareVersions GantryID DeviceUID
  UDISequence ManufacturerDeviceClassUID SpatialResolution DateOfLastCalibration TimeOfLastCalibration
  DateOfManufacture DateOfInstallation SeriesInstanceUID SeriesNumber Laterality FrameOfReferenceUID
  PositionReferenceIndicator SynchronizationFrameOfReferenceUID SmallestPixelValueInSeries LargestPixelValueInSeries
  PerformedProcedureStepStartDate PerformedProcedureStepStartTime PerformedProcedureStepEndDate
  PerformedProcedureStepEndTime PerformedProcedureStepID PerformedProcedureStepDescription
  PerformedProtocolCodeSequence RequestAttributesSequence CommentsOnThePerformedProcedureStep
  ClinicalTrialCoordinatingCenterName ClinicalTrialSeriesID ClinicalTrialSeriesDescription
  SeriesType AnatomicalOrientationType TreatmentSessionUID PresentationIntentType`;

/** What is true of the archive rather than of the object, and the character set of a file. */
const COMPUTED = `SpecificCharacterSet InstanceAvailability ModalitiesInStudy SOPClassesInStudy RetrieveURL RetrieveAETitle
  AvailableTransferSyntaxUID NumberOfPatientRelatedStudies NumberOfPatientRelatedSeries
  NumberOfPatientRelatedInstances NumberOfStudyRelatedSeries NumberOfStudyRelatedInstances
  NumberOfSeriesRelatedInstances`;

export const STUDY_TAGS = tags(STUDY);
export const SERIES_TAGS = tags(SERIES);
export const COMPUTED_TAGS = tags(COMPUTED);

function tags(keywords: string): ReadonlySet<string> {
  return new Set(
    keywords.split(/\s+/).map((keyword) => {
      const found = attribute(keyword);
      if (!found) throw new Error(`The dictionary does not know ${keyword}.`);
      return found.tag;
    }),
  );
}
