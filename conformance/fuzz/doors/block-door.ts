import sharp from 'sharp';
import { openHeaderReader } from '../../../src/dicom/metadata/open-header-reader.js';
import type { History } from '../blocks/history.js';
import { openHeaderPool } from '../blocks/header-pool.js';
import { playHistory } from '../blocks/play-history.js';
import { randomHistory } from '../blocks/random-history.js';
import type { Door } from '../door.js';
import { throwsNothing } from '../find.js';

const MAX_HEADER_BYTES = 256 * 1024;

/** Blocks of announcements by three sites, with forks, restarts and bytes that come late, through follower, reader and catalogue of one site. */
export async function openBlockDoor(): Promise<Door> {
  const pool = await openHeaderPool();
  const preview = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#888' } })
    .jpeg()
    .toBuffer();
  const headers = openHeaderReader({ maxBytes: MAX_HEADER_BYTES });
  return {
    make: (random) => {
      const history = randomHistory(random, { pool, preview });
      const { announcements, steps } = history;
      const label = `${announcements.length} announcements, ${steps.length} steps`;
      return { label, bytes: Buffer.from(JSON.stringify(history)) };
    },
    run: ({ bytes }) => throwsNothing(() => playHistory({ headers }, JSON.parse(bytes.toString()) as History)),
    close: () => headers.close(),
  };
}
