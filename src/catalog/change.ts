import type { DicomJson } from '../standard/dicom-json.js';

/**
 * An announcement as the chain has it, whoever can read it. In a catalogue it stands at its position on the chain, whenever it is read.
 */
export interface AnnouncedImage {
  contract: string;
  siteId: number;
  imageId: string;
  /** Hex; in release 1 it is the image ID. */
  imageKey: string;
  /** Release 1: hex. Release 2: a number as decimal text, which says nothing of who the patient is. */
  patientKey: string;
  /** Release 2 alone: the ring whose keys it is encrypted under, 16 bytes as `0x…`. */
  ringId: string | undefined;
  /** Release 2 alone: the number of the study, as decimal text. */
  studyKey: string | undefined;
  /** The instance's body on the chain, as JSON text for the archive. */
  body: string;
  /** Header and preview on the chain, as JSON text for the archive, to read them by. */
  announcedBodies: string;
  /**
   * SHA-256, hex, of all that the announcement says: site, keys and the three bodies with their roots. What this site finds out about
   * the content is known by it, on whatever branch of the chain the announcement comes again.
   */
  contentKey: string;
}

/** What the header and the preview of an announcement say. All sizes in bytes. */
export interface InstanceRecord {
  StudyInstanceUID: string;
  SeriesInstanceUID: string;
  SOPInstanceUID: string;
  SOPClassUID: string;
  /** Of the stored bytes. */
  transferSyntaxUID: string;
  /** `application/dicom`, `image/jpeg` or `image/png`: what the stored bytes are. */
  mediaType: string;
  byteCount: number;
  /** Of the stored bytes, hex. */
  sha256: string;
  /** Of the data set alone, hex: equal for equal data sets under another File Meta. */
  dataSetSha256: string;
  /** Who has given the PatientID, as the header says, or as is known of its site; empty where nobody says so. */
  issuer: string;
  /** keccak256 of the issuer in UTF-8, by which the chain knows it; undefined for none. */
  issuerHash: string | undefined;
  /** Of an uploaded JPG/PNG. */
  fileName: string | undefined;
  /** Patient and study level attributes as this instance has them. */
  study: DicomJson;
  series: DicomJson;
  /** Instance level attributes that are worth a search or an includefield; no bulk. */
  instance: DicomJson;
  /** The whole metadata as JSON text; its BulkDataURIs are relative to the DICOMweb root (`studies/…`). */
  metadata: string;
  /** The header body as it is on the chain, for the archive to decode. */
  header: Buffer;
  /** The stored preview; empty for none. */
  preview: Buffer;
}

/** Why an announcement, or what it announces, is kept from all answers (`docs/operations/quarantine.md`). */
export type QuarantineReason =
  /** The bytes are not what was announced, are no header, or have a form that this release does not know. */
  | 'unreadable'
  /** The header is larger, or packed more tightly, than this site reads (`MAX_HEADER_BYTES`). */
  | 'too-large'
  /** The header is of another instance than its image key says. */
  | 'image-key'
  /** The header is of another patient than its patient key says. */
  | 'patient-key'
  /** Its study key is that of another study, or of another patient: of the first that was announced under it. */
  | 'study-key'
  /** Another site speaks for the issuer of this patient ID: by `ISSUERS` in release 1; in release 2 by the chain, which the catalogue asks itself. */
  | 'foreign-issuer'
  /** The preview is no picture. */
  | 'preview'
  /** Reading it took too long. */
  | 'timed-out'
  /** The server ended while it read this, twice. */
  | 'stopped-the-server'
  /** The bytes of the instance are not those that were announced, or give another header. */
  | 'bytes'
  /** The preview does not look like the picture. */
  | 'picture';

/**
 * How far the reading of an announcement has come: read, or waiting to be read, or locked, since there is no key for it here, or read and
 * found wrong; `detail` is a sentence
 * without patient attributes. It may come with the announcement or any time later, and gives the same catalogue.
 */
export type Reading =
  | { kind: 'read'; record: InstanceRecord }
  | { kind: 'waiting' }
  | { kind: 'locked' }
  | { kind: 'quarantined'; reason: QuarantineReason; detail: string };

interface ChangeBase {
  /** Of the contract whose event it is. */
  contract: string;
  imageId: string;
  /** Position within the block: ascending. */
  logIndex: number;
}

/** Who has retired or restored an image. */
interface Decided {
  by: string;
  /** By the account of this server. */
  isOwn: boolean;
  /** Number of the governors' ruling on the image that was carried out; 0 for none: by its site. */
  ruling: number;
}

/** What an event changes of an image. */
export type ImageChange = ChangeBase &
  (
    | { kind: 'announced'; image: AnnouncedImage; reading: Reading }
    | { kind: 'sealed'; /** Addresses of its pages, as JSON text. */ pages: string }
    | { kind: 'withdrawn' }
    | ({ kind: 'retired'; reason: string } & Decided)
    /** A retirement is undone: the image is in use again. */
    | ({ kind: 'restored' } & Decided)
  );

/**
 * What the consortium of release 2 says, which holds for what is announced in release 2 alone; of several that say something of the same,
 * the last holds.
 */
export type FactChange = { /** Position within the block: ascending. */ logIndex: number } & (
  | {
      kind: 'site-dismissed';
      siteId: number;
      /**
       * Block time in seconds since 1970: at other sites, what the site has announced in blocks of that time or later is hidden from now on.
       * Undefined: nothing is, as when the site was readmitted.
       */
      hiddenSince: number | undefined;
    }
  /** From now on the site speaks for an issuer of patient IDs; undefined: nobody does. */
  | { kind: 'issuer-assigned'; issuerHash: string; siteId: number | undefined }
  /** A site has given the keys of one of its studies to another one, which may add series to it or not. */
  | { kind: 'study-shared'; siteId: number; studyKey: string; toSite: number; mayAdd: boolean }
);

/** What one event of a block changes. */
export type Change = ImageChange | FactChange;
