import type { Catalog, CatalogReader } from '../../../src/catalog/catalog.js';
import type { QueryLevel } from '../../../src/catalog/query.js';
import { gathered } from '../../../src/catalog/testing/records.js';
import type { Visibility } from '../../../src/catalog/visibility.js';
import { type Announcement, SITES } from './history.js';

const LEVELS: readonly QueryLevel[] = ['patient', 'study', 'series', 'instance'];
const LIMIT = 1000;
const VISIBILITIES: readonly Visibility[] = ['everything', { labels: ['mr'] }];

/** All that anybody can be told from a catalogue. */
export async function seenCatalog(catalog: Catalog, announcements: readonly Announcement[]): Promise<unknown> {
  const imageIds = [...new Set(announcements.map(({ imageId }) => imageId))];
  const { projection } = catalog;
  const readers = VISIBILITIES.flatMap((visibility) =>
    [undefined, ...SITES].map((siteId) => catalog.seenBy(visibility, siteId)),
  );
  return {
    cursor: projection.cursor(),
    images: imageIds.map((imageId) => [projection.image(imageId), projection.holder(imageId)]),
    backlog: projection.backlog(),
    quarantined: await catalog.quarantined({ limit: LIMIT }),
    conflicts: await catalog.conflicts({ limit: LIMIT }),
    massRetirements: await catalog.massRetirements(),
    faults: await catalog.faults(),
    readers: await Promise.all(readers.map(seenBy)),
  };
}

async function seenBy(reader: CatalogReader): Promise<unknown> {
  const found = await Promise.all(
    LEVELS.map((level) => reader.search({ level, match: [], include: 'all', fuzzy: false, limit: LIMIT, offset: 0 })),
  );
  const valuesOf = (level: number, tag: string): string[] => [
    ...new Set(found[level]!.matches.map((match) => String(match[tag]?.Value?.[0]))),
  ];
  const studies = valuesOf(1, '0020000D');
  const instances = await Promise.all(valuesOf(3, '00080018').map((uid) => reader.instance(uid)));
  return {
    found,
    instances,
    counts: await reader.counts(),
    previews: await Promise.all(instances.map(async (instance) => instance && reader.preview(instance.id))),
    bodies: await Promise.all(instances.map(async (instance) => instance && reader.bodies(instance.id))),
    gone: await Promise.all(studies.map((StudyInstanceUID) => reader.isGone({ StudyInstanceUID }))),
    metadata: await Promise.all(studies.map((StudyInstanceUID) => gathered(reader.metadata({ StudyInstanceUID })))),
    sealed: await gathered(reader.sealedSOPInstanceUIDs()),
  };
}
