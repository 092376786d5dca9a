import { dicomJsonText, type DicomJson } from '../../standard/dicom-json.js';
import { hash } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Archive, ArchiveMatches, ArchiveQuery } from '../../archive/archive.js';
import { mapInTurns } from '../../base/map-in-turns.js';
import { negotiate } from '../message/negotiate.js';
import { parseQidoKeys, type QueryLevel } from './qido-keys.js';
import { dicomwebRoot, queryOf, type RootOptions } from '../message/dicomweb-root.js';
import { CSV_MEDIA_TYPE, matchesCsv } from './matches-csv.js';
import { pathOf, requireUid } from '../message/find-instances.js';
import { sendJson } from '../message/send-json.js';
import { modelOffers, sendNativeModel, XML_MEDIA_TYPE } from '../message/send-native-model.js';
import { untilGone } from '../message/until-gone.js';
import { addWarning } from '../message/add-warning.js';

const OFFERS = [
  ...modelOffers({ single: false }),
  { mediaType: CSV_MEDIA_TYPE, multipart: false, value: CSV_MEDIA_TYPE },
];

/**
 * QIDO-RS (PS3.18 §10.6): a search at one level, below a study or series where the URL names one, answered from the catalogue
 * alone. Nothing found is 200 with an empty array (CP-2473).
 */
export async function search(
  archive: Archive,
  { level, request, response, publicUrl }: RootOptions & { level: QueryLevel; request: Request; response: Response },
): Promise<void> {
  const scope = scopeOf(request);
  const { query, warnings } = parseQidoKeys(archive, { level, parameters: queryOf(request) });
  const { value: mediaType } = negotiate(request, OFFERS);
  const root = dicomwebRoot(request, publicUrl);
  const scoped: ArchiveQuery = { ...query, ...scope };
  const signal = untilGone(response);
  const result = await archive.search(scoped, { signal });

  for (const sentence of warnings) addWarning(response, root, sentence);
  if (result.remaining > 0)
    addWarning(response, root, `There are ${result.remaining} additional results that can be requested`);
  response.setHeader('X-Total-Count', await totalCount(archive, { query: scoped, result, signal }));
  const matches = await mapInTurns(result.matches, (match) => matchOf(match, { level, root }), signal);
  const keywordOf = (tag: string) => archive.attribute(tag)?.keyword;
  const text =
    mediaType === CSV_MEDIA_TYPE
      ? await matchesCsv(matches, { keywordOf, signal })
      : `[${(await mapInTurns(matches, dicomJsonText, signal)).join(',\n')}]`;
  const etagParts = [hash('sha256', text, 'base64url')];
  if (mediaType === XML_MEDIA_TYPE)
    await sendNativeModel(archive, { request, response, multipart: true, etagParts, dataSets: () => each(matches) });
  else await sendJson(request, response, { mediaType, etagParts, chunks: () => [text] });
}

/**
 * How many match, as `{"count": N}` (of dcm4chee): of those that whoever asks may see, at one level, below a study or series where the URL
 * names one.
 */
export async function countMatches(
  archive: Archive,
  { level, request, response, publicUrl }: RootOptions & { level: QueryLevel; request: Request; response: Response },
): Promise<void> {
  const { query, warnings } = parseQidoKeys(archive, { level, parameters: queryOf(request) });
  const { value: mediaType } = negotiate(request, [{ mediaType: 'application/json', multipart: false, value: 'application/json' }]); // prettier-ignore
  const { matches, remaining } = await archive.search(
    { ...query, ...scopeOf(request), include: [], offset: 0, limit: 1 },
    { signal: untilGone(response) },
  );
  for (const sentence of warnings) addWarning(response, dicomwebRoot(request, publicUrl), sentence);
  const text = JSON.stringify({ count: matches.length + remaining });
  await sendJson(request, response, { mediaType, etagParts: [text], chunks: () => [text] });
}

function scopeOf(request: Request): Pick<ArchiveQuery, 'StudyInstanceUID' | 'SeriesInstanceUID'> {
  const { study, series } = request.params;
  return {
    ...(study === undefined ? {} : { StudyInstanceUID: requireUid(study) }),
    ...(series === undefined ? {} : { SeriesInstanceUID: requireUid(series) }),
  };
}

/** All matches, whatever the page. */
async function totalCount(
  archive: Archive,
  { query, result, signal }: { query: ArchiveQuery; result: ArchiveMatches; signal: AbortSignal },
): Promise<number> {
  if (result.matches.length > 0 || query.offset === 0) return query.offset + result.matches.length + result.remaining;
  const first = await archive.search({ ...query, include: [], offset: 0, limit: 1 }, { signal });
  return first.matches.length + first.remaining;
}

/** Without a value, OHIF 3.13 shows no list at all; left out, it shows the study without modalities. */
const ModalitiesInStudy = '00080061';

/** With Retrieve URL (0008,1190); a patient is no resource that can be retrieved. */
function matchOf(found: DicomJson, { level, root }: { level: QueryLevel; root: string }): DicomJson {
  const { [ModalitiesInStudy]: modalities, ...others } = found;
  const match = modalities?.Value === undefined ? others : found;
  if (level === 'patient') return match;
  const StudyInstanceUID = uid(match, '0020000D') ?? '';
  const SeriesInstanceUID = level === 'study' ? undefined : uid(match, '0020000E');
  const SOPInstanceUID = level === 'instance' ? uid(match, '00080018') : undefined;
  const path = pathOf({
    StudyInstanceUID,
    ...(SeriesInstanceUID === undefined ? {} : { SeriesInstanceUID }),
    ...(SOPInstanceUID === undefined ? {} : { SOPInstanceUID }),
  });
  return { ...match, '00081190': { vr: 'UR', Value: [`${root}${path}`] } };
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

function uid(match: DicomJson, tag: string): string | undefined {
  const value = match[tag]?.Value?.[0];
  return typeof value === 'string' ? value : undefined;
}
