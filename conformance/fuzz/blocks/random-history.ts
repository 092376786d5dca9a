import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { toHex, type Hex } from '../../../src/ledger/ethereum/hex.js';
import type { Choices } from '../choices.js';
import { mutateBytes } from '../mutate-bytes.js';
import { type PooledHeader, pseudonyms } from './header-pool.js';
import { type Announcement, CONTRACTS, type History, ISSUERS, type Op, SITES, type Step } from './history.js';

const MOST = { announcements: 24, steps: 10, blocks: 6, ops: 12 };
/** More than a header may inflate to here. */
const LARGE_BYTES = 1024 * 1024;

export interface Ingredients {
  pool: readonly PooledHeader[];
  /** A picture. */
  preview: Buffer;
}

/** Blocks of many announcements by three sites, true and false ones, in the order that a contract lets them have, with forks and restarts. */
export function randomHistory(random: Choices, ingredients: Ingredients): History {
  const count = random.whole(1, MOST.announcements);
  const announcements = Array.from({ length: count }, () => announcementOf(random, ingredients));
  const op = (): Op => ({
    kind: random.pick(['announce', 'announce', 'announce', 'seal', 'seal', 'withdraw', 'retire', 'retire', 'restore']),
    of: random.whole(0, count - 1),
    isGovernor: random.once(8),
  });
  const block = (): { seconds: number; ops: Op[] } => ({
    seconds: random.pick([1, 1, 1, 900, 3600]),
    ops: Array.from({ length: random.whole(0, MOST.ops) }, op),
  });
  const step = (): Step => {
    const pick = random.whole(0, 7);
    switch (random.whole(0, 11)) {
      case 0:
        return { kind: 'restart' };
      case 1:
        return { kind: 'judge', pick, reason: random.pick(['bytes', 'picture', undefined, undefined]) };
      case 2:
        return { kind: 'decide', pick, decision: random.pick(['released', 'refused']) };
      case 3:
        return { kind: 'decide-retirements', pick, decision: random.pick(['accepted', 'refused']) };
      case 4:
        return { kind: 'die', pick };
      case 5:
        return { kind: 'settle' };
      default: {
        const blocks = Array.from({ length: random.whole(1, MOST.blocks) }, block);
        return { kind: 'blocks', fork: random.once(2) ? 0 : random.whole(1, 10), blocks };
      }
    }
  };
  return { announcements, steps: Array.from({ length: random.whole(2, MOST.steps) }, step) };
}

function announcementOf(random: Choices, { pool, preview }: Ingredients): Announcement {
  const siteId = random.pick(SITES);
  const { header, identity } = random.pick(pool);
  const other = random.pick(pool);
  const isHeaderDamaged = random.once(4);
  const isImageKeyFalse = random.once(10);
  const isPatientKeyFalse = random.once(10);
  const madePreview = random.once(4) ? damagedPreview(random, preview) : preview;
  const speaker = ISSUERS.get(identity.IssuerOfPatientID);
  const [scheme, headerBytes] = [random.once(20) ? random.whole(0, 255) : 0, random.once(30) ? 5_000_000 : undefined];
  const trouble = random.pick([
    'absent',
    'absent',
    'damaged',
    ...(random.once(4) ? (['no-chunk'] as const) : []),
  ] as const);
  return {
    contract: random.pick(CONTRACTS),
    siteId,
    imageId: isImageKeyFalse
      ? falseKey(random, pseudonyms.imageKey(other.identity.SOPInstanceUID))
      : pseudonyms.imageKey(identity.SOPInstanceUID),
    patientKey: isPatientKeyFalse
      ? falseKey(random, pseudonyms.patientKey(other.identity))
      : pseudonyms.patientKey(identity),
    header: (isHeaderDamaged ? damagedHeader(random, header, other.header) : header).toString('base64'),
    preview: madePreview.toString('base64'),
    scheme,
    ...(headerBytes !== undefined && { headerBytes }),
    failures: random.once(3) ? random.whole(1, 4) : 0,
    trouble,
    isRight:
      !isHeaderDamaged &&
      !isImageKeyFalse &&
      !isPatientKeyFalse &&
      madePreview === preview &&
      scheme === 0 &&
      headerBytes === undefined &&
      trouble !== 'no-chunk' &&
      (speaker === undefined || speaker === siteId),
  };
}

const falseKey = (random: Choices, other: Hex): Hex => (random.once(2) ? other : toHex(random.bytes(32)));

function damagedHeader(random: Choices, header: Buffer, other: Buffer): Buffer {
  const version = Buffer.from([random.once(20) ? random.whole(0, 255) : 1]);
  if (random.once(4)) return mutateBytes(random, header, other);
  if (random.once(10)) return Buffer.concat([version, deflateRawSync(Buffer.alloc(LARGE_BYTES, random.whole(0, 255)))]);
  const inner = inflateRawSync(header.subarray(1));
  return Buffer.concat([
    version,
    deflateRawSync(mutateBytes(random, inner, inflateRawSync(other.subarray(1))), { level: 1 }),
  ]);
}

function damagedPreview(random: Choices, preview: Buffer): Buffer {
  if (random.once(3)) return Buffer.alloc(0);
  if (random.once(3)) return random.bytes(random.magnitude(40_000) + 1);
  return mutateBytes(random, preview);
}
