import type { ByteSource } from '../../base/byte-source.js';
import type { KeyHolder, ProjectedImage } from '../../catalog/catalog.js';
import type { Identity } from '../../dicom/data-set/attributes.js';
import type { InstanceHeader } from '../../dicom/data-set/instance-header.js';
import type { Hex } from '../../ledger/ethereum/hex.js';
import type { ImageToStore } from '../../ledger/ledger.js';
import type { MadeBody } from '../../pieces/body-codings.js';

/** What names an instance on the chain; `IssuerOfPatientID` is the site's where the object has none. */
export type NamedIdentity = Pick<Identity, 'StudyInstanceUID' | 'SOPInstanceUID' | 'PatientID' | 'IssuerOfPatientID'>;

/** Of a spooled part: its bytes, and their SHA-256 in hex. */
interface GivenPart {
  bytes: ByteSource;
  sha256: string;
}

/** All that is announced of an instance, before it has the form of its release. */
export interface MadeImage {
  /** The header body. */
  header: Buffer;
  /** Perhaps still being made. */
  preview: Buffer | Promise<Buffer>;
  body: MadeBody;
  part: GivenPart;
}

/** How instances are named on the chain, and found there again: each release of the contract has a way of its own. */
export interface Naming {
  /**
   * What is in answers under a UID and keeps this site from announcing it: in release 1 whoever has announced it, in release 2 this
   * site alone. Undefined when there is nothing.
   */
  image(SOPInstanceUID: string): ProjectedImage | undefined;
  instance(identity: NamedIdentity): NamedInstance;
}

/** One instance as it is, or is to be, on the chain. */
export interface NamedInstance {
  /** By what the ledger knows it; undefined as long as it is neither there nor announced. */
  readonly imageId: Hex | undefined;
  /** `Naming.image` of it. */
  image(): ProjectedImage | undefined;
  /** The same, with what is hidden. */
  holder(): KeyHolder | undefined;
  /** What its header says of its body besides what the object says itself. */
  bodyFacts(body: Pick<MadeBody, 'scheme' | 'changesLength'> & { byteCount: number }, part: GivenPart): BodyFacts;
  /** What the ledger takes. Its names are durable before it resolves, and the same for the same instance. */
  toStore(image: MadeImage): Promise<ImageToStore>;
}

export type BodyFacts = Pick<InstanceHeader, 'byteCount' | 'encrypted'>;
