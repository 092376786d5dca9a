import { LedgerError } from '../../base/errors.js';
import type { Catalog } from '../../catalog/catalog.js';
import type { Keyring, RingName } from '../../keyring/keyring.js';
import { fromHex } from '../../ledger/ethereum/hex.js';

export interface MeantRingDependencies {
  keyring: Pick<Keyring, 'owner' | 'rings' | 'writing'>;
  catalog: Pick<Catalog, 'ringsOfStudy'>;
}

/** What a person says of a ring; the less, the more has to be clear. */
export interface SaidOfRing {
  /** Whose it is; this site's unless given. */
  siteId?: number | undefined;
  /** 16 bytes; the one that is written to, or the only one, unless given. */
  ringId?: Buffer | undefined;
  /** A study of this site: then that ring of it, and that study alone. */
  StudyInstanceUID?: string | undefined;
}

/** The ring that is meant. Rejects with `not-found` when there is none, and with `conflict` when it could be several, naming them. */
export async function meantRing(
  { keyring, catalog }: MeantRingDependencies,
  { siteId = keyring.owner.siteId, ringId, StudyInstanceUID }: SaidOfRing,
): Promise<{ ring: RingName; studyKeys?: bigint[] }> {
  const isOwn = siteId === keyring.owner.siteId;
  const isNamed = (id: Buffer): boolean => ringId === undefined || ringId.equals(id);
  if (StudyInstanceUID !== undefined) {
    if (!isOwn) throw new LedgerError('bad-request', 'Single studies are handed on by their own site alone.');
    const found = (await catalog.ringsOfStudy(StudyInstanceUID)).filter((one) => isNamed(fromHex(one.ringId)));
    const ids = [...new Set(found.map((one) => one.ringId))];
    const id = fromHex(onlyOne(ids, 'this study'));
    return { ring: { siteId, ringId: id }, studyKeys: found.map(({ studyKey }) => BigInt(studyKey)) };
  }
  if (ringId) return { ring: { siteId, ringId } };
  if (isOwn && keyring.writing) return { ring: { siteId, ringId: keyring.writing.ringId } };
  const held = keyring.rings().filter((one) => one.siteId === siteId);
  const only = onlyOne(
    held.map((one) => one.ringId.toString('hex')),
    `site ${siteId}`,
  );
  return { ring: { siteId, ringId: Buffer.from(only, 'hex') } };
}

function onlyOne(ids: readonly string[], whose: string): string {
  const [id, ...others] = ids;
  if (id === undefined) throw new LedgerError('not-found', `No ring of ${whose} is held here.`);
  if (others.length === 0) return id;
  throw new LedgerError(
    'conflict',
    `There are ${ids.length} rings of ${whose}: say which (--ring): ${ids.join(', ')}.`,
  );
}
