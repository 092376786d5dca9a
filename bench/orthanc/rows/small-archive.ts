import { type Image, stow } from '../../stow-and-wado.js';
import type { Images } from '../images/open-images.js';
import type { Template } from '../images/template.js';
import type { Archive, Archives } from '../servers/archive.js';
import type { Sizes } from '../sizes.js';

/** So many copies of a compressed image are asked for in turn. */
const COPIES = 8;
/** Objects a request, and requests at a time. */
const FILL = { perRequest: 40, inFlight: 2 };

/** What both archives hold when the reading starts, equal byte by byte. */
export interface SmallArchive {
  mr: Image[];
  ct: Image[];
  jpeg2000: Image[];
  jpegLs: Image[];
  /** How long the series of small slices took to store, in objects a second. */
  storedCt: Record<Archive['name'], number>;
}

/** Stores the same objects in both. */
export async function fillSmallArchive(archives: Archives, images: Images, sizes: Sizes): Promise<SmallArchive> {
  let number = 0;
  const seriesOf = (templates: readonly Template[]): Image[] => {
    const first = templates[0]!.copy(++number);
    return [first, ...templates.slice(1).map((template) => template.copy(++number, first))];
  };
  const many = (template: Template, count: number): Template[] => Array.from({ length: count }, () => template);
  const mr = seriesOf(images.mr);
  const ct = seriesOf(many(images.ct, sizes.slicesOfLong));
  const jpeg2000 = seriesOf(many(images.jpeg2000, COPIES));
  const jpegLs = seriesOf(many(images.jpegLs, COPIES));
  const studies = many(images.ct, sizes.studies).map((template) => template.copy(++number));
  const storedCt = { ours: NaN, Orthanc: NaN };
  for (const archive of archives) {
    await stow(archive.url, [...mr, ...jpeg2000, ...jpegLs, ...studies], FILL);
    storedCt[archive.name] = ct.length / (await stow(archive.url, ct, FILL));
  }
  return { mr, ct, jpeg2000, jpegLs, storedCt };
}
