import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Catalog, CatalogReader } from '../catalog.js';
import type { Change } from '../change.js';
import type { MatchingKey, Query, QueryLevel } from '../query.js';
import type { OpenForSuite } from './open-for-suite.js';
import type { Visibility } from '../visibility.js';
import {
  announced,
  bare,
  block,
  contentOf,
  element,
  gathered,
  key,
  name,
  query,
  retired,
  rowAt,
  sealed,
  uidOf,
  withdrawn,
} from './records.js';

/** One instance of a made-up archive, and what becomes of it. */
interface Image {
  siteId: number;
  study: number;
  series: number;
  /** 0 is the study's own; others come with a few instances of the study, as errors do. */
  patient: number;
  issuer: number;
  modality: number;
  day: number;
  isFile: boolean;
  end: 'announced' | 'sealed' | 'retired' | 'withdrawn';
  /** Not read yet, or found wrong, or right. */
  state: 'waiting' | 'wrong' | 'right';
}

const LABELS = ['a', 'b', 'c'];
const STUDIES = 5;
const fate = fc.constantFrom('announced', 'sealed', 'sealed', 'retired', 'withdrawn');
const image: fc.Arbitrary<Image> = fc.record({
  siteId: fc.constantFrom(1, 2, 2, 3),
  study: fc.nat(STUDIES - 1),
  series: fc.nat(1),
  patient: fc.constantFrom(0, 0, 0, 1),
  issuer: fc.nat(1),
  modality: fc.nat(2),
  day: fc.nat(3),
  isFile: fc.boolean(),
  end: fate,
  state: fc.constantFrom('right', 'right', 'right', 'right', 'wrong', 'waiting'),
});
const images = fc.array(image, { minLength: 1, maxLength: 16 });
const SITES = [1, 2, 3];
/** Sites in the order in which they are shown. */
const SHOWN_ORDER = [1, 3, 2];
/** Of each study of each site. */
const labels = fc.array(fc.subarray(LABELS), { minLength: STUDIES * SITES.length, maxLength: STUDIES * SITES.length });
const siteView = fc.constantFrom(undefined, undefined, ...SITES);
const visibility: fc.Arbitrary<Visibility> = fc.record(
  {
    labels: fc.subarray(LABELS),
    studies: fc.subarray(Array.from({ length: STUDIES + 1 }, (_, study) => studyOf(study))),
    patient: fc.oneof(
      fc.record({ PatientID: fc.constantFrom('P0', 'P1', 'P2', '') }),
      fc.record({ PatientID: fc.constantFrom('P0', 'P1'), IssuerOfPatientID: fc.constantFrom('I0', 'I1') }),
    ),
  },
  { requiredKeys: [] },
);
const keys: fc.Arbitrary<MatchingKey> = fc.constantFrom(
  key('00100020', 'LO', 'P0'),
  key('00100020', 'LO', 'P*'),
  key('00100010', 'PN', 'doe^1*'),
  key('00080020', 'DA', '20240102-20240103'),
  key('00080060', 'CS', 'MR'),
  key('00080061', 'CS', 'CT', 'US'),
  key('0020000D', 'UI', studyOf(1), studyOf(2)),
  key('00080018', 'UI', uidOf('u1')),
  key('00200013', 'IS', '3'),
  key('00201200', 'IS', '1'),
  key('00201208', 'IS', '2'),
  key('00080056', 'CS', 'ONLINE'),
);
const search: fc.Arbitrary<Pick<Query, 'level'> & Partial<Query>> = fc.record({
  level: fc.constantFrom<QueryLevel>('patient', 'study', 'series', 'instance'),
  match: fc.array(keys, { maxLength: 2 }),
  include: fc.constantFrom<Query['include'][]>([], 'all', [['00201200'], ['00201204']]),
  limit: fc.nat(6),
  offset: fc.nat(3),
});

/** What somebody sees is what a catalogue says that never got anything else. */
export function visibilitySuite(openAny: OpenForSuite): void {
  const open = async (): Promise<Catalog> => openAny({ site: { siteOrder: [3] } });
  describe('seenBy', () => {
    it('answers as a catalogue that only ever got the studies that are seen', async () => {
      const wanted = fc.array(search, { minLength: 8, maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(
          images,
          labels,
          visibility,
          siteView,
          wanted,
          async (archive, named, visible, site, searches) => {
            const [whole, part] = [await open(), await open()];
            try {
              const seen = seenStudies({ archive, labels: named, visible, site });
              await fill(whole, archive, () => true);
              await fill(part, archive, (each) => seen.has(nameOf(each)));
              for (const siteId of SITES)
                for (let study = 0; study < STUDIES; study++)
                  await whole.annotations.addLabels({
                    siteId,
                    StudyInstanceUID: studyOf(study),
                    labels: labelsOf(named, { siteId, study }),
                    setBy: 'test',
                  });
              const level = (of: CatalogReader) =>
                allAnswers(
                  of,
                  archive,
                  searches.map((each) => query(each.level, each)),
                );
              expect(await level(whole.seenBy(visible, site))).toEqual(await level(part.seenBy('everything')));
            } finally {
              await whole.close();
              await part.close();
            }
          },
        ),
        { numRuns: 60 },
      );
    });

    it('sees nothing by an empty list, and everything by no ground', async () => {
      const catalog = await open();
      await catalog.apply(block(1), [announced({ name: 'a' })]);
      const studies = async (visible: Visibility) => (await catalog.seenBy(visible).counts()).studies;
      expect(await studies({ labels: [] })).toBe(0);
      expect(await studies({ studies: [] })).toBe(0);
      expect(await studies({})).toBe(1);
      await catalog.close();
    });

    it('sees a study from the moment on that it is labelled, and no longer than that', async () => {
      const catalog = await open();
      await catalog.apply(block(1), [announced({ name: 'a' })]);
      const StudyInstanceUID = uidOf('study');
      const trial = catalog.seenBy({ labels: ['trial-7'] });
      expect(await trial.hasStudy(StudyInstanceUID)).toBe(false);
      await catalog.annotations.addLabels({ siteId: 1, StudyInstanceUID, labels: ['trial-7'], setBy: 'test' });
      expect(await trial.hasStudy(StudyInstanceUID)).toBe(true);
      await catalog.annotations.removeLabel({ siteId: 1, StudyInstanceUID }, 'trial-7');
      expect(await trial.hasStudy(StudyInstanceUID)).toBe(false);
      await catalog.close();
    });
  });
}

function studyOf(study: number): string {
  return uidOf(`s${study}`);
}

const patientOf = ({ study, patient }: Image): number => (study + patient) % 3;

type OfSite = Pick<Image, 'siteId' | 'study'>;
const nameOf = ({ siteId, study }: OfSite): string => `${siteId} ${study}`;
const labelsOf = (named: readonly string[][], { siteId, study }: OfSite): string[] =>
  named[study * SITES.length + siteId - 1] ?? [];

/** The studies of sites that hold all grounds, by plain reasoning over the list. */
function seenStudies({
  archive,
  labels: named,
  visible,
  site,
}: {
  archive: readonly Image[];
  labels: readonly string[][];
  visible: Visibility;
  site: number | undefined;
}): Set<string> {
  const there = (of: OfSite): Image[] =>
    archive.filter((each) => nameOf(each) === nameOf(of) && each.end !== 'withdrawn' && each.state === 'right');
  /** Whose study it is that has the UID, for whoever asks of no site. */
  const shown = (study: number): number | undefined => {
    const sites = SHOWN_ORDER.filter((siteId) => there({ siteId, study }).length > 0);
    const listed = sites.filter((siteId) => there({ siteId, study }).some(({ end }) => end !== 'retired'));
    return sites.includes(1) ? 1 : (listed[0] ?? sites[0]);
  };
  const isSeen = (of: OfSite): boolean => {
    const own = there(of);
    const first = own.find(({ end }) => end !== 'retired') ?? own[0];
    if (first === undefined || of.siteId !== (site ?? shown(of.study))) return false;
    if (visible === 'everything') return true;
    const { patient } = visible;
    return (
      (!visible.labels || visible.labels.some((label) => labelsOf(named, of).includes(label))) &&
      (!visible.studies || visible.studies.includes(studyOf(of.study))) &&
      (!patient || patient.PatientID === `P${patientOf(first)}`) &&
      (patient?.IssuerOfPatientID === undefined || patient.IssuerOfPatientID === `I${first.issuer}`)
    );
  };
  return new Set(archive.filter(isSeen).map(nameOf));
}

/** Announces all, and then lets happen what happens: in blocks that are the same whatever is left out. */
async function fill(catalog: Catalog, archive: readonly Image[], isKept: (image: Image) => boolean): Promise<void> {
  const changes = (of: (image: Image, index: number) => Change | undefined): Change[] =>
    archive.flatMap((each, index) => (isKept(each) ? (of(each, index) ?? []) : []));
  await catalog.apply(
    block(1),
    changes((each, index) => announcement(archive, each, index)),
  );
  await catalog.apply(
    block(2),
    changes(({ end }, index) => {
      if (end === 'withdrawn') return withdrawn(`i${index}`, index);
      return end === 'announced' ? undefined : sealed(`i${index}`, index);
    }),
  );
  await catalog.apply(
    block(3),
    changes(({ end }, index) => (end === 'retired' ? retired(`i${index}`, index) : undefined)),
  );
  for (const [index, { state, siteId }] of archive.entries())
    if (state === 'wrong') await catalog.judge(contentOf(`i${index}`, siteId), { reason: 'bytes', detail: 'why' });
}

/** The UID of an instance: other sites have the same ones, in whatever studies. */
const instanceOf = (archive: readonly Image[], index: number): string =>
  uidOf(`u${archive.slice(0, index).filter(({ siteId }) => siteId === archive[index]?.siteId).length}`);

function announcement(archive: readonly Image[], image: Image, index: number): Change {
  const patient = patientOf(image);
  const announce = image.state === 'waiting' ? bare : announced;
  return announce(
    {
      name: `i${index}`,
      study: `s${image.study}`,
      series: `s${image.study}-${image.series}`,
      patient: `P${patient}`,
      studyAttributes: {
        '00080020': element('DA', `2024010${image.day}`),
        '00100010': name(`Doe^${patient}${index % 2}`),
        '00100021': element('LO', `I${image.issuer}`),
      },
      seriesAttributes: { '00080060': element('CS', ['CT', 'MR', 'US'][image.modality]) },
      instanceAttributes: { '00200013': element('IS', index % 4) },
      record: {
        SOPInstanceUID: instanceOf(archive, index),
        ...(image.isFile && { mediaType: 'image/png', fileName: `f${index % 2}.png` }),
      },
      image: { siteId: image.siteId },
    },
    index,
  );
}

/** All that can be asked of a catalogue. */
async function allAnswers(
  seen: CatalogReader,
  archive: readonly Image[],
  searches: readonly Query[],
): Promise<unknown> {
  const answers: unknown[] = [await seen.counts(), await gathered(seen.sealedSOPInstanceUIDs())];
  for (const each of searches) answers.push(await seen.search(each));
  for (const PatientID of ['P0', 'P1', 'P2']) {
    answers.push(await gathered(seen.images(PatientID)), await gathered(seen.images(PatientID, 'f1.png')));
  }
  for (const [index, { study, series }] of archive.entries()) {
    const [StudyInstanceUID, SOPInstanceUID] = [studyOf(study), instanceOf(archive, index)];
    const SeriesInstanceUID = uidOf(`s${study}-${series}`);
    answers.push(await seen.instance(SOPInstanceUID), await seen.hasStudy(StudyInstanceUID));
    answers.push(await seen.bodies(rowAt(1, index)), await seen.preview(rowAt(1, index)));
    for (const ids of [{}, { SeriesInstanceUID }, { SeriesInstanceUID, SOPInstanceUID }]) {
      const resource = { StudyInstanceUID, ...ids };
      answers.push(
        await seen.instances(resource),
        await seen.isGone(resource),
        await gathered(seen.metadata(resource)),
      );
    }
  }
  return answers;
}
