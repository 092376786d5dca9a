import type { Request } from 'express';
import type { ReadingArchive, FoundInstance, ResourceUids } from '../../archive/archive.js';
import { LedgerError } from '../../base/errors.js';

/** The UIDs in the path (`:study`, `:series`, `:instance`). Throws `bad-request` for one that is no UID. */
export function idsOf(request: Request): ResourceUids {
  const { study, series, instance } = request.params;
  return {
    StudyInstanceUID: requireUid(study),
    ...(series === undefined ? {} : { SeriesInstanceUID: requireUid(series) }),
    ...(instance === undefined ? {} : { SOPInstanceUID: requireUid(instance) }),
  };
}

/** PS3.5 §9.1, without its rule on leading zeros, which old devices break. */
export function requireUid(text: string | string[] | undefined): string {
  if (typeof text === 'string' && /^[0-9.]{1,64}$/.test(text)) return text;
  throw new LedgerError(
    'bad-request',
    `"${String(text).slice(0, 80)}" is not a UID: 1 to 64 digits and dots. Correct the URL.`,
  );
}

/** The announced and sealed instances below a resource, at least one. Throws `gone` or `not-found`. */
export async function findInstances(
  archive: ReadingArchive,
  ids: ResourceUids,
): Promise<[FoundInstance, ...FoundInstance[]]> {
  const [first, ...rest] = await archive.instances(ids);
  if (first !== undefined) return [first, ...rest];
  const name = ids.SOPInstanceUID ?? ids.SeriesInstanceUID ?? ids.StudyInstanceUID;
  if (await archive.isGone(ids))
    throw new LedgerError('gone', `${name} was retired; its bytes are not given out any more.`);
  throw new LedgerError('not-found', `${name} is not in this archive at that place; search for it with QIDO-RS.`);
}

/** The path of a resource below the DICOMweb root, beginning with `/studies`. */
export function pathOf(ids: ResourceUids): string {
  const series = ids.SeriesInstanceUID === undefined ? '' : `/series/${ids.SeriesInstanceUID}`;
  const instance = ids.SOPInstanceUID === undefined ? '' : `/instances/${ids.SOPInstanceUID}`;
  return `/studies/${ids.StudyInstanceUID}${series}${instance}`;
}
