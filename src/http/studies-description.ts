import { IMAGE_ATTRIBUTE_NAMES } from '../standard/image-attributes.js';
import type { Described } from './route.js';

const MULTIPART_DICOM = 'multipart/related; type="application/dicom"';
const MULTIPART_XML = 'multipart/related; type="application/dicom+xml"';
const MULTIPART_BYTES = 'multipart/related; type="application/octet-stream"';

/** PS3.18 §8.3.3 */
const NEGOTIATION = ['accept', 'charset'];

const MATCHING = [
  ...['fuzzymatching', 'emptyvaluematching', 'multiplevaluematching', 'StudyDate', 'StudyTime', 'AccessionNumber'],
  ...['ModalitiesInStudy', 'ReferringPhysicianName', 'PatientName', 'PatientID', 'StudyInstanceUID', 'StudyID'],
  ...['Modality', 'SeriesInstanceUID', 'SeriesNumber', 'PerformedProcedureStepStartDate'],
  ...['PerformedProcedureStepStartTime', 'SOPClassUID', 'SOPInstanceUID', 'InstanceNumber'],
];

/** What is told of the resources of the Studies Service (PS3.18 §10): their query parameters, and media types either way. */
export const STUDIES_DESCRIPTION = {
  /** Required matching and paging keys (PS3.18 Tables 10.6.1-2 and 10.6.1-5); every other attribute of the archive may be one. */
  search: {
    query: [...NEGOTIATION, 'includefield', 'limit', 'offset', 'orderby', ...MATCHING],
    gives: ['application/dicom+json', 'application/json', MULTIPART_XML, 'text/csv'],
  },

  /** The same keys. */
  count: { query: [...NEGOTIATION, ...MATCHING], gives: ['application/json'] },

  /** PS3.18 §10.4.4 */
  instances: {
    query: [...NEGOTIATION, 'transferSyntax'],
    gives: [MULTIPART_DICOM, 'application/zip', MULTIPART_BYTES],
  },

  instance: {
    query: [...NEGOTIATION, 'transferSyntax'],
    gives: [MULTIPART_DICOM, 'application/dicom', 'application/zip', MULTIPART_BYTES],
  },

  metadata: {
    query: NEGOTIATION,
    gives: ['application/dicom+json', 'application/json', MULTIPART_XML],
  },

  /** Which of these there are depends on what is rendered (PS3.18 Table 8.7.4-1). */
  rendered: {
    query: [...NEGOTIATION, 'annotation', 'quality', 'viewport', 'window', 'iccprofile'],
    gives: [
      'image/jpeg',
      'image/png',
      'image/gif',
      'video/mp4',
      'application/pdf',
      'text/html',
      'text/plain',
      'text/xml',
      'multipart/related; type="image/jpeg"',
    ],
  },

  thumbnails: {
    query: [...NEGOTIATION, 'viewport'],
    gives: ['image/jpeg', 'image/png', 'image/gif', 'multipart/related; type="image/jpeg"'],
  },

  allBulkData: { query: [...NEGOTIATION, 'transferSyntax'], gives: [MULTIPART_BYTES] },

  /** Or the type of the value, where it has one. */
  bulkData: {
    query: [...NEGOTIATION, 'transferSyntax'],
    gives: ['application/octet-stream', MULTIPART_BYTES],
  },

  /** Or the types of the transfer syntaxes in PS3.18 Table 8.7.3-4. */
  frames: {
    query: [...NEGOTIATION, 'transferSyntax'],
    gives: [MULTIPART_BYTES, 'application/octet-stream'],
  },

  /** PS3.18 Tables 9.4.1-1 and 9.5.1-1; `contentType` is what `accept` is elsewhere. */
  byUri: {
    query: [
      ...['requestType', 'studyUID', 'seriesUID', 'objectUID', 'contentType', 'charset', 'transferSyntax'],
      ...['frameNumber', 'rows', 'columns', 'region', 'windowCenter', 'windowWidth', 'imageQuality', 'imageAnnotation'],
      ...['annotation', 'iccprofile'],
    ],
    gives: ['image/jpeg', 'image/png', 'image/gif', 'application/dicom', 'text/html', 'text/plain', 'text/xml'],
  },

  /** What POST to the studies takes and answers (PS3.18 §10.5). */
  store: {
    takes: [
      MULTIPART_DICOM,
      'application/dicom',
      'multipart/related; type="application/dicom+json"',
      MULTIPART_XML,
      'application/dicom+json',
      'application/dicom+xml',
      'image/jpeg',
      'image/png',
      'multipart/related; type="image/jpeg"',
      'multipart/related; type="image/png"',
    ],
    gives: ['application/dicom+json', 'application/dicom+xml'],
    /** But for the first two, of JPG and PNG alone. */
    query: [...NEGOTIATION, 'PatientID', 'StudyInstanceUID', 'fileName', 'acquisition', ...IMAGE_ATTRIBUTE_NAMES],
  },

  listOfPictures: { gives: ['application/json'] },

  /** JPG and PNG as they were given. */
  picture: { gives: ['image/jpeg', 'image/png'] },
} satisfies Record<string, Described>;
