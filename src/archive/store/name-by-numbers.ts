import { LedgerError } from '../../base/errors.js';
import type { KeyHolder, ProjectedImage, ProjectionState } from '../../catalog/catalog.js';
import { type Hex, toHex } from '../../ledger/ethereum/hex.js';
import type { ImageNames, Ledger } from '../../ledger/ledger.js';
import { ENCRYPTED_SCHEME } from '../../secrecy/body.js';
import { ROLE } from '../../secrecy/body-keys.js';
import { padmeByteCount } from '../../secrecy/padding.js';
import type { BodySecrets, ImageSecrets } from '../secrecy/body-secrets.js';
import { encryptedSource } from '../secrecy/encrypted-source.js';
import { paddedSource } from '../secrecy/padded-source.js';
import { encryptSmallBody } from '../secrecy/small-body.js';
import type { NamedIdentity, Naming } from './naming.js';

/** What gives rings and numbers for storing. */
export interface StudyNumbers {
  /** The ring that is announced under, 16 bytes. Resolves once the chain has it as opened. */
  writingRing(): Promise<{ ringId: Buffer }>;
  /** All rings of this site that are held; none unless given. */
  ownRings?(): readonly Buffer[];
  /** Numbers of a study and its patient, durable before it resolves; one study and patient always has the same. */
  numbersOf(identity: {
    StudyInstanceUID: string;
    IssuerOfPatientID: string;
    PatientID: string;
  }): Promise<{ studyKey: bigint; patientKey: bigint }>;
}

/** This site's image under a UID, at whatever contract, hidden or not. */
type OwnImage = ProjectedImage & { imageId: string; hidden: KeyHolder['hidden'] };

export interface NameByNumbersDependencies {
  ledger: Pick<Ledger, 'siteId' | 'contracts' | 'imageIdOf'>;
  projection: Pick<ProjectionState, 'holder'> & { own(SOPInstanceUID: string): OwnImage | undefined };
  numbers: StudyNumbers;
  secrets: BodySecrets;
}

type Names = ImageNames & { release: 2 };

/**
 * Release 2: studies and patients have numbers, image keys follow from keys that this site alone has, and all bodies are encrypted.
 * What other sites have announced is in nobody's way.
 */
export function nameByNumbers(
  { ledger, projection, numbers, secrets }: NameByNumbersDependencies,
  { isPadded }: { isPadded: boolean },
): Naming {
  const inAnswers = (SOPInstanceUID: string): OwnImage | undefined => {
    const found = projection.own(SOPInstanceUID);
    return found?.hidden === undefined ? found : undefined;
  };

  const named = async (identity: NamedIdentity): Promise<{ names: Names; secrets: ImageSecrets }> => {
    const { ringId: writing } = await numbers.writingRing();
    const given = await numbers.numbersOf(identity);
    const under = (ring: Buffer): { names: Names; secrets: ImageSecrets } | undefined => {
      const ringId = toHex(ring);
      const at = { contract: ledger.contracts[0]!, siteId: ledger.siteId, ringId };
      const of = (imageKey: Hex): ImageSecrets | undefined =>
        secrets.of({ ...at, studyKey: String(given.studyKey), imageKey });
      const imageKey = of(NO_IMAGE)?.imageKeyOf(identity.SOPInstanceUID);
      return imageKey && { names: { release: 2, imageKey, ringId, ...given }, secrets: of(imageKey)! };
    };
    // An earlier process may have announced it under a ring of before: that goes on, so that it has one name.
    const before = (numbers.ownRings?.() ?? []).filter((ring) => !ring.equals(writing)).map(under);
    const begun = before.find((one) => one && projection.holder(ledger.imageIdOf(one.names)) !== undefined);
    return begun ?? under(writing) ?? Promise.reject(noKeys(given.studyKey, writing));
  };

  return {
    image: inAnswers,
    instance: (identity) => {
      const { SOPInstanceUID } = identity;
      let imageId: Hex | undefined;
      let naming: ReturnType<typeof named> | undefined;
      const image = (): OwnImage | undefined => {
        const found = inAnswers(SOPInstanceUID);
        if (found) imageId = found.imageId as Hex;
        return found;
      };
      return {
        get imageId() {
          return imageId;
        },
        image,
        holder: () =>
          projection.own(SOPInstanceUID) ?? (imageId === undefined ? undefined : projection.holder(imageId)),
        bodyFacts: ({ scheme, byteCount }, { bytes, sha256 }) => ({
          byteCount: bytes.byteCount,
          encrypted: { scheme, byteCount, sha256 },
        }),
        toStore: async ({ header, preview, body: { stored }, part }) => {
          // However often it is tried: the same names, also where another ring is written to meanwhile.
          naming ??= named(identity).catch((error: unknown) => {
            naming = undefined;
            throw error;
          });
          const { names, secrets: own } = await naming;
          imageId = ledger.imageIdOf(names);
          const padded = isPadded ? paddedSource(stored, padmeByteCount(stored.byteCount)) : stored;
          const small = (content: Buffer, role: typeof ROLE.header | typeof ROLE.preview): Buffer =>
            encryptSmallBody(content, { keys: own.keys(role), role, isPadded });
          return {
            imageId,
            names,
            header: small(header, ROLE.header),
            preview: Promise.resolve(preview).then((made) => small(made, ROLE.preview)),
            instance: {
              ...encryptedSource(padded, { keys: own.keys(ROLE.instance), role: ROLE.instance }),
              scheme: ENCRYPTED_SCHEME,
              sha256: `0x${part.sha256}`,
            },
          };
        },
      };
    },
  };
}

/** The image key of an instance does not depend on that of another. */
const NO_IMAGE: Hex = `0x${'00'.repeat(32)}`;

/** The keys of this site's own ring are gone. */
function noKeys(studyKey: bigint, ring: Buffer): LedgerError {
  return new LedgerError(
    'unavailable',
    `The keys of study ${studyKey} in ring ${toHex(ring)} are not here: look at "dicom-ledger keys status".`,
    { retryable: true },
  );
}
