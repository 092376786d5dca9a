import type { InstanceUids } from '../../part10-head.js';
import { TRANSFER_SYNTAX } from '../images/transfer-syntax.js';
import type { Ask } from '../load/plan.js';
import type { Archive } from '../servers/archive.js';
import { askRow, type AskRowOptions } from './ask-row.js';
import type { RowTools, Work } from './row.js';
import type { SmallArchive } from './small-archive.js';

/** So many instances of a series are asked for in turn. */
const IN_TURN = 64;
const STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*';
const FRAME = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';
const DECODED = `multipart/related; type="application/octet-stream"; transfer-syntax=${TRANSFER_SYNTAX.explicitLittleEndian}`;
const JSON_TYPE = 'application/dicom+json';
/** Of a browser. */
export const BROWSER_ENCODINGS = 'gzip, deflate, br, zstd';

/** A request whose answers have not been looked at yet. */
export type Plain = Omit<Ask, 'leastBytes'>;

export const seriesPath = ({ study, series }: Pick<InstanceUids, 'study' | 'series'>): string =>
  `/dicom-web/studies/${study}/series/${series}`;
const instancePath = (uids: InstanceUids): string => `${seriesPath(uids)}/instances/${uids.instance}`;

export function plain(path: string, accept: string, encodings = 'identity'): Plain {
  return { path, headers: { accept, 'accept-encoding': encodings } };
}
export const frameAsk = (uids: InstanceUids, encodings?: string): Plain =>
  plain(`${instancePath(uids)}/frames/1`, FRAME, encodings);
export const foundAsk = (path: string, encodings?: string): Plain => plain(`/dicom-web${path}`, JSON_TYPE, encodings);
export const seriesAsk = (uids: InstanceUids): Plain => plain(seriesPath(uids), STORED);

/** What a viewer or another archive reads when all is warm. */
export function readWorks(tools: RowTools, { mr, ct, jpeg2000, jpegLs }: SmallArchive): Work[] {
  const row = (options: AskRowOptions): Work => askRow(tools, options);
  const each = (clients: readonly number[], options: Omit<AskRowOptions, 'clients'>): Work[] =>
    clients.map((count) => row({ ...options, clients: count }));
  const some = mr.slice(0, IN_TURN);
  const [first, firstCt] = [mr[0]!, ct[0]!];
  const rendered = (of: readonly InstanceUids[]) => (): Plain[] =>
    of.map((uids) => plain(`${instancePath(uids)}/rendered`, 'image/jpeg'));
  const thumbnails = ({ name }: Archive): Plain[] =>
    some.map((uids) => plain(`${instancePath(uids)}/${name === 'ours' ? 'thumbnail' : 'rendered'}`, 'image/jpeg'));
  const metadata = (of: InstanceUids, count: number, encodings?: string): Omit<AskRowOptions, 'clients'> => ({
    ...{ group: 'Metadata', kind: 'found', unit: 'ms', isNamedByClients: false },
    name: `series metadata ${count.toLocaleString('en')}${encodings ? ', gzip' : ''}`,
    asks: () => [plain(`${seriesPath(of)}/metadata`, JSON_TYPE, encodings)],
  });
  const frames = (name: string, of: readonly InstanceUids[]): Work[] =>
    each([1, 16], { group: 'Frames', name, kind: 'parts', asks: () => of.map((uids) => frameAsk(uids)) });
  return [
    ...[metadata(first, mr.length), metadata(first, mr.length, 'gzip')].map((options) =>
      row({ ...options, clients: 1 }),
    ),
    ...[metadata(firstCt, ct.length), metadata(firstCt, ct.length, 'gzip')].map((options) =>
      row({ ...options, clients: 1 }),
    ),
    ...each([1, 16], {
      ...{ group: 'Instances', name: 'warm instance', kind: 'parts' },
      asks: () => some.map((uids) => plain(instancePath(uids), STORED)),
    }),
    ...each([1, 16], {
      ...{ group: 'Instances', name: 'warm instance JPEG 2000', kind: 'parts' },
      asks: () => jpeg2000.map((uids) => plain(instancePath(uids), STORED)),
    }),
    ...frames('warm frame MR', some),
    ...frames('warm frame JPEG 2000', jpeg2000),
    ...frames('warm frame JPEG-LS', jpegLs),
    ...frames('warm frame CT 128²', ct.slice(0, IN_TURN)),
    ...each([1, 16], {
      ...{ group: 'Frames', name: 'decoded frame', kind: 'parts' },
      asks: () => jpegLs.map((uids) => plain(`${instancePath(uids)}/frames/1`, DECODED)),
    }),
    ...each([1, 8], {
      ...{ group: 'Series', name: `warm series of ${mr.length}`, kind: 'parts', unit: 'MB/s' },
      asks: () => [seriesAsk(first)],
    }),
    ...each([1], {
      ...{ group: 'Series', name: `warm study of ${mr.length}`, kind: 'parts', unit: 'MB/s' },
      asks: () => [plain(`/dicom-web/studies/${first.study}`, STORED)],
    }),
    ...each([1], {
      ...{ group: 'Series', name: `warm series of ${ct.length.toLocaleString('en')}`, kind: 'parts', unit: 'MB/s' },
      asks: () => [seriesAsk(firstCt)],
    }),
    ...each([1, 16], { group: 'Pictures', name: 'thumbnail', kind: 'thumbnail', asks: thumbnails }),
    ...each([1, 16], { group: 'Pictures', name: 'rendered MR', kind: 'picture', asks: rendered(some) }),
    ...each([1, 16], { group: 'Pictures', name: 'rendered JPEG 2000', kind: 'picture', asks: rendered(jpeg2000) }),
    ...each([1, 16], { group: 'Pictures', name: 'rendered JPEG-LS', kind: 'picture', asks: rendered(jpegLs) }),
  ];
}
