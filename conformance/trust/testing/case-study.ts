import { expect } from '@jest/globals';
import { until } from '../../../src/base/testing/until.js';
import { sha256, stow } from '../../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../../testing/make-dicom.js';
import type { MadeImage } from '../../../src/archive/store/naming.js';
import { concealed, planForgery, type Forgery } from './forgery.js';
import { type HonestParts, honestParts } from './honest-parts.js';
import type { Member } from './member.js';
import type { MemberNaming } from './member-naming.js';
import { seenStudy, type SeenStudy } from './seen-study.js';
import type { HonestSite } from './trust-bed.js';

/** Pictures whose previews are small and differ. */
const SIZE = 96;

/** The files of one study, and what a user of a site is to see of it. */
export interface CaseStudy {
  study: string;
  files: readonly { SOPInstanceUID: string; SeriesInstanceUID: string; file: Buffer }[];
}

/** A study of `instances` slices in one series; `over` replaces or adds attributes by keyword. */
export function caseStudy(
  over: Record<string, unknown> = {},
  { instances = 2 }: { instances?: number } = {},
): CaseStudy {
  const study = (over['StudyInstanceUID'] as string | undefined) ?? newUid();
  const SeriesInstanceUID = (over['SeriesInstanceUID'] as string | undefined) ?? newUid();
  const files = Array.from({ length: instances }, (_, index) => {
    const SOPInstanceUID = index === 0 ? ((over['SOPInstanceUID'] as string | undefined) ?? newUid()) : newUid();
    const uids = { StudyInstanceUID: study, SeriesInstanceUID, SOPInstanceUID, InstanceNumber: String(index + 1) };
    return { SOPInstanceUID, SeriesInstanceUID, file: ctSlice({ ...over, ...uids }, { size: SIZE + index }) };
  });
  return { study, files };
}

/** An honest patient, whom nobody else has. */
export const RIGHT = {
  PatientName: [{ Alphabetic: 'Right^Patient' }],
  PatientID: 'R-1',
  PatientBirthDate: '19700101',
  StudyDescription: 'Knee, left',
  Modality: 'MR',
};
/** The patient under whom Mallory wants to have it. */
export const WRONG = {
  PatientName: [{ Alphabetic: 'Wrong^Patient' }],
  PatientID: 'M-1',
  PatientBirthDate: '19000101',
  StudyDescription: 'hijacked',
  Modality: 'CT',
};

/** What a user sees of `RIGHT` or `WRONG` when all of it can be retrieved; thumbnails are those of the files themselves. */
export async function expectedStudy(
  { naming }: Pick<Member, 'naming'>,
  { files }: CaseStudy,
  who: typeof RIGHT = RIGHT,
): Promise<SeenStudy> {
  const parts = await Promise.all(files.map(({ file }) => honestParts(naming(), file)));
  const instances = files.map(({ SOPInstanceUID }, index): [string, SeenStudy['instances'][string]] => [
    SOPInstanceUID,
    { availability: 'ONLINE', thumbnail: sha256(parts[index]!.made.preview) },
  ]);
  return {
    name: who.PatientName[0]!.Alphabetic,
    patientId: who.PatientID,
    birthDate: who.PatientBirthDate,
    description: who.StudyDescription,
    modalities: [who.Modality],
    seriesCount: new Set(files.map(({ SeriesInstanceUID }) => SeriesInstanceUID)).size,
    instanceCount: files.length,
    instances: Object.fromEntries(instances.sort()),
    foundByName: true,
    foundByPatientId: true,
  };
}

/** STOW-RS of a whole study at a site; every instance has to be taken. */
export async function storeStudy({ url }: HonestSite, { files }: CaseStudy): Promise<void> {
  const answer = await stow(
    url,
    files.map(({ file }) => file),
  );
  expect([answer.status, answer.status === 200 ? '' : await answer.text()]).toEqual([200, '']);
}

/** What a member says instead of what its server would. */
export interface Lie {
  /** Under which numbers (release 2). */
  numbers?: Parameters<MemberNaming>[0];
  /** As which instance. */
  SOPInstanceUID?: string;
  /** Before it is encrypted, where it is. */
  inside?: (parts: HonestParts) => Partial<MadeImage> | Promise<Partial<MadeImage>>;
  /** On the chain. */
  said?: (forgery: Forgery) => Partial<Forgery>;
}

/** What a member announces of a file. */
export async function forge({ naming }: Pick<Member, 'naming'>, file: Buffer, lie: Lie = {}): Promise<Forgery> {
  const { numbers, SOPInstanceUID, inside, said } = lie;
  const parts = await honestParts(naming(), file);
  const { identity, made } = parts;
  const named = naming(numbers).instance(SOPInstanceUID === undefined ? identity : { ...identity, SOPInstanceUID });
  const forgery = await concealed(named, { ...made, ...(await inside?.(parts)) });
  return { ...forgery, ...said?.(forgery) };
}

/** Announces and seals the files of a study from a member, as its server would, or with a lie. */
export async function publish(member: Member, { files }: CaseStudy, lie: Lie = {}): Promise<Forgery[]> {
  const forgeries: Forgery[] = [];
  for (const { file } of files) {
    const forgery = await forge(member, file, lie);
    forgeries.push(forgery);
    await member.send((await planForgery(member, forgery)).all);
    expect(await member.stateOf(forgery.imageId)).toBe(forgery.isSealed === false ? 'announced' : 'sealed');
  }
  return forgeries;
}

/** Waits until each site shows exactly this. */
export async function untilSeen(
  sites: readonly HonestSite[],
  study: string,
  expected: SeenStudy,
  { root, timeoutMs = 60_000 }: { root?: string; timeoutMs?: number } = {},
): Promise<void> {
  for (const { url } of sites) {
    let seen: SeenStudy | undefined;
    await until(
      'the study to be seen as it is',
      async () => {
        seen = await seenStudy(url, study, root === undefined ? {} : { root });
        return JSON.stringify(seen) === JSON.stringify(expected);
      },
      { timeoutMs, pauseMs: 100 },
    ).catch(() => undefined);
    expect(seen).toEqual(expected);
  }
}
