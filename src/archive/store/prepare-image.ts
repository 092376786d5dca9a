import { LedgerError } from '../../base/errors.js';
import { encodeHeader } from '../../dicom/metadata/encode-header.js';
import { readHeader } from '../../dicom/metadata/read-header.js';
import type { PictureWorkers } from '../../dicom/render/picture-workers.js';
import type { ImageToStore } from '../../ledger/ledger.js';
import { COMPRESSED_SCHEME, makeBody } from '../../pieces/body-codings.js';
import type { BodyFacts, NamedInstance } from './naming.js';
import type { PartContent } from './read-part.js';
import type { SpooledPart } from './spool.js';

export interface PrepareImageDependencies {
  pictures: PictureWorkers;
  settings: ImageSettings;
}

export interface ImageSettings {
  /** Of instances that name no Issuer of Patient ID (0010,0021) themselves. */
  patientIdIssuer: string;
  /** Whether instances that become smaller by it are compressed. */
  compresses: boolean;
  /** Headers that inflate to more are not stored (`MAX_HEADER_BYTES`): other sites would not read them. */
  maxHeaderBytes: number;
}

/**
 * Makes of a spooled part what the ledger takes: names, header, preview, and the bytes, which are read from the spool file
 * as they are sent. The preview is still being made when it resolves, from the same file. Throws for a header that no catalogue could read;
 * nothing reads the file then.
 */
export async function prepareImage(
  { pictures, settings }: PrepareImageDependencies,
  { part, content, named }: { part: SpooledPart; content: PartContent; named: NamedInstance },
): Promise<ImageToStore> {
  const { bytes } = part;
  const preview = pictures.preview(content.header, bytes);
  try {
    const body = await makeBody(bytes, settings.compresses ? COMPRESSED_SCHEME : undefined);
    const facts = named.bodyFacts({ ...body, byteCount: body.stored.byteCount }, part);
    const image = await named.toStore({ header: headerBody(settings, content, facts), preview, body, part });
    // Of its failure hears who waits for it, if anybody still does.
    Promise.resolve(image.preview).catch(() => undefined);
    return image;
  } catch (error) {
    await preview.catch(() => undefined);
    throw error;
  }
}

/**
 * The header of a part before its body is made, as long as it can become. Throws as `headerBody` does.
 */
export function requireHeader(
  settings: ImageSettings,
  { part, content, named }: { part: SpooledPart; content: PartContent; named: NamedInstance },
): void {
  const { byteCount } = part.bytes;
  headerBody(settings, content, named.bodyFacts({ scheme: COMPRESSED_SCHEME, changesLength: true, byteCount }, part));
}

/**
 * The header body of an instance; `facts` are what it says of its body on the chain. Throws for one that no catalogue
 * could read, `too-large` if it is that: announced, it would stay on the chain for ever, and no site would ever show it.
 */
function headerBody(
  { patientIdIssuer, maxHeaderBytes }: ImageSettings,
  { header, identity }: PartContent,
  facts: BodyFacts,
): Buffer {
  const body = encodeHeader({
    ...header,
    ...facts,
    ...(!identity.IssuerOfPatientID && patientIdIssuer && { patientIdIssuer }),
  });
  try {
    readHeader(body, { maxBytes: maxHeaderBytes });
  } catch (cause) {
    if (!(cause instanceof LedgerError) || cause.code !== 'too-large') throw cause;
    throw new LedgerError(
      'too-large',
      `The header of the instance, which is all of it but its long values, has more than ${maxHeaderBytes} bytes, the most that sites read of one: split the object into several, or set MAX_HEADER_BYTES higher at every site.`,
      { cause },
    );
  }
  return body;
}
