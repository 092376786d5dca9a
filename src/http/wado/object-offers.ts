import { TRANSFER_SYNTAXES, traitsOf } from '../../standard/transfer-syntaxes.js';
import type { Archive, FoundInstance, ResourceUids } from '../../archive/archive.js';
import type { Payload, Representation } from '../../archive/stored-instance.js';
import { LedgerError } from '../../base/errors.js';
import type { Offer } from '../message/negotiate.js';
import { COMPRESSED_SYNTAXES } from './retrieve-frames.js';

const DICOM = 'application/dicom';
const EXPLICIT_LITTLE_ENDIAN = TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid;
const CONVERTIBLE = [EXPLICIT_LITTLE_ENDIAN, ...COMPRESSED_SYNTAXES] as const;

const LossyImageCompression = '00282110';

/** Says of each instance in which ways it may be sent, the best first; none when it cannot be had so. */
export type Choice = (instance: FoundInstance) => readonly Representation[];

/**
 * `transfer-syntax=*` and a stored syntax by name give the stored bytes; no parameter gives Explicit VR Little Endian, and
 * so does a wildcard (PS3.18 §8.7.3), which gives as stored what is compressed with loss, and what cannot be decoded.
 */
export function objectOffers(
  archive: Archive,
  { found, ids }: { found: readonly FoundInstance[]; ids: ResourceUids },
): Offer<Choice>[] {
  const as =
    (syntax: string): Choice =>
    (instance) => {
      if (instance.transferSyntaxUID === syntax) return ['stored'];
      return CONVERTIBLE.filter((known) => known === syntax && archive.canRepresent(instance, known));
    };
  const explicit = as(EXPLICIT_LITTLE_ENDIAN);
  const choices: [readonly string[], Choice][] = [
    [[], (instance) => (isLossy(instance) ? ['stored'] : [...explicit(instance), 'stored'])],
    [['', EXPLICIT_LITTLE_ENDIAN], explicit],
    [['*'], () => ['stored']],
  ];
  for (const syntax of new Set([...found.map(({ transferSyntaxUID }) => transferSyntaxUID), ...COMPRESSED_SYNTAXES]))
    if (syntax !== EXPLICIT_LITTLE_ENDIAN) choices.push([[syntax], as(syntax)]);
  const forms = ids.SOPInstanceUID === undefined ? [true] : [true, false];
  return forms.flatMap((multipart) =>
    choices.map(([transferSyntaxes, value]) => ({
      ...{ mediaType: DICOM, multipart, transferSyntaxes, value },
      isPossible: () => found.some((instance) => value(instance).length > 0),
    })),
  );
}

/** In the first of the ways in which it turns out to be had. Throws `not-acceptable` when that is none. */
export async function openInstance(
  archive: Archive,
  instance: FoundInstance,
  [as = 'stored', ...others]: readonly Representation[],
): Promise<Payload> {
  try {
    return await (await archive.open(instance)).instance(as);
  } catch (error) {
    if (others.length === 0 || !isNotToBeHad(error)) throw error;
    return openInstance(archive, instance, others);
  }
}

/** Whether another way may do. */
export const isNotToBeHad = (error: unknown): boolean =>
  error instanceof LedgerError && error.code === 'not-acceptable';

/** A transfer syntax that may lose something, of an instance that does not say that nothing was lost (PS3.3 §C.7.6.1.1.5). */
function isLossy({ transferSyntaxUID, instance }: FoundInstance): boolean {
  return traitsOf(transferSyntaxUID).lossy && instance[LossyImageCompression]?.Value?.[0] !== '00';
}
