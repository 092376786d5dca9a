import { LedgerError } from '../../base/errors.js';
import type { Catalog } from '../../catalog/catalog.js';
import { nameOf } from '../../keyring/held-rings.js';
import type { Keyring } from '../../keyring/keyring.js';
import type { Grant, Grants } from '../../keyring/open-grants.js';
import type { OpenedRing, RingShare } from '../../ledger/consortium/read-rings.js';
import { fromHex, toHex, type Hex } from '../../ledger/ethereum/hex.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { RingChoice } from '../rings/choose-ring.js';
import type { RingReader, SharedRing, Sharing } from './sharing.js';

export interface CreateSharingDependencies {
  keyring: Pick<Keyring, 'rings' | 'writing'>;
  ledger: Pick<Ledger, 'rings' | 'share' | 'siteId' | 'siteName'>;
  catalog: Pick<Catalog, 'ringsOfStudy' | 'studiesOf'>;
  grants: Grants;
  /** What was found when the ring that is written to was looked at last. */
  choice: () => RingChoice | undefined;
  /** Something was given. */
  onGranted: () => void;
}

/** Who can read what, by the chain and by what is known here; and how a person changes it. */
export function createSharing(dependencies: CreateSharingDependencies): Sharing {
  const { keyring, ledger, catalog, grants, choice, onGranted } = dependencies;
  const { siteId } = ledger;

  const ringsOf = async (StudyInstanceUID: string): Promise<Map<Hex, string[]>> => {
    const found = await catalog.ringsOfStudy(StudyInstanceUID);
    if (found.length === 0)
      throw new LedgerError(
        'not-found',
        `This site has no images of the study ${StudyInstanceUID} that can be shared.`,
      );
    const rings = new Map<Hex, string[]>();
    for (const { ringId, studyKey } of found)
      rings.set(ringId as Hex, [...new Set([...(rings.get(ringId as Hex) ?? []), studyKey])]);
    return rings;
  };

  const grant = async (given: readonly Omit<Grant, 'allowedBy' | 'allowedAt'>[], allowedBy: string): Promise<void> => {
    for (const { ringId, toSite, studyKey, mayAdd } of given)
      await ledger.share({ ringId: `0x${ringId}`, siteId: toSite, studyKey: BigInt(studyKey), mayAdd });
    await grants.add(given.map((one) => ({ ...one, allowedBy, allowedAt: Date.now() })));
    onGranted();
  };

  const readerOf =
    (ring: OpenedRing, studies: ReadonlyMap<string, string>) =>
    ({ toSite, studyKey, mayAdd, sharedAt, sharedBy, acknowledgedAt }: RingShare): RingReader => {
      const key = String(studyKey);
      const isGranted = (one: Grant): boolean =>
        ring.siteId === siteId && `0x${one.ringId}` === ring.ringId && one.toSite === toSite && one.studyKey === key;
      return {
        ...{ siteId: toSite, siteName: ledger.siteName(toSite), mayAdd, sharedBy, sharedAt: sharedAt * 1000 },
        studyKey: studyKey === 0n ? undefined : key,
        StudyInstanceUID: studies.get(key),
        allowedBy: grants.all().find(isGranted)?.allowedBy,
        acknowledgedAt: acknowledgedAt === undefined ? undefined : acknowledgedAt * 1000,
      };
    };

  const rowsOf = async (
    rings: readonly OpenedRing[],
    isShown: (ring: OpenedRing, share: RingShare) => boolean,
  ): Promise<SharedRing[]> => {
    const held = new Map(keyring.rings().map((one) => [nameOf(one), one]));
    const written = keyring.writing && toHex(keyring.writing.ringId);
    const rows = rings.map(async (ring): Promise<SharedRing> => {
      const shares = ring.shares.filter((share) => isShown(ring, share));
      const keys = shares.flatMap(({ studyKey }) => (studyKey === 0n ? [] : [String(studyKey)]));
      const studies = await catalog.studiesOf(ring.siteId, keys);
      const here = held.get(nameOf({ siteId: ring.siteId, ringId: fromHex(ring.ringId) }));
      return {
        ...{ siteId: ring.siteId, siteName: ledger.siteName(ring.siteId), ringId: ring.ringId },
        openedAt: ring.openedAt * 1000,
        isWrittenTo: ring.siteId === siteId && ring.ringId === written,
        held: here === undefined || here.treeNodes === 0 ? 'nothing' : here.isWhole ? 'all' : 'parts',
        readers: shares.map(readerOf(ring, studies)),
      };
    });
    return (await Promise.all(rows)).reverse();
  };

  return {
    report: async ({ StudyInstanceUID } = {}) => {
      const ofStudy = StudyInstanceUID === undefined ? undefined : await ringsOf(StudyInstanceUID);
      const rings = await ledger.rings();
      const isOwn = ({ siteId: whose }: OpenedRing): boolean => whose === siteId;
      const held = new Set(keyring.rings().map(nameOf));
      const isOurs = (ring: OpenedRing): boolean =>
        ring.shares.some(({ toSite }) => toSite === siteId) ||
        held.has(nameOf({ siteId: ring.siteId, ringId: fromHex(ring.ringId) }));
      const found = choice();
      return {
        ...{ siteId, siteName: ledger.siteName(siteId) },
        share: found && { audience: found.audience, awaited: found.awaited, notAdmitted: found.notAdmitted },
        own: await rowsOf(
          rings.filter((ring) => isOwn(ring) && (ofStudy === undefined || ofStudy.has(ring.ringId))),
          ({ ringId }, { studyKey }) =>
            ofStudy === undefined || studyKey === 0n || ofStudy.get(ringId)!.includes(String(studyKey)),
        ),
        others:
          ofStudy === undefined
            ? await rowsOf(
                rings.filter((ring) => !isOwn(ring) && isOurs(ring)),
                (_, { toSite }) => toSite === siteId,
              )
            : [],
      };
    },
    shareStudy: async ({ StudyInstanceUID, to, mayAdd }, allowedBy) => {
      const rings = await ringsOf(StudyInstanceUID);
      const given = [...rings].flatMap(([ringId, studyKeys]) =>
        studyKeys.map((studyKey) => ({ ringId: ringId.slice(2), toSite: to, studyKey, mayAdd })),
      );
      await grant(given, allowedBy);
      return { rings: [...rings.keys()] };
    },
    shareRing: async ({ ringId, to }, allowedBy) => {
      const own = keyring.rings().find((one) => one.siteId === siteId && toHex(one.ringId) === ringId);
      if (!own || own.treeNodes === 0)
        throw new LedgerError('not-found', `Nothing is held of a ring ${ringId} of this site: "dicom-ledger keys status" lists what is.`); // prettier-ignore
      if (keyring.writing && toHex(keyring.writing.ringId) === ringId)
        throw new LedgerError('conflict', `The ring ${ringId} is written to, so site ${to} could read all that is stored later: for that, put it into SHARE. To give it what is there, share the studies ("dicom-ledger share study").`); // prettier-ignore
      await grant([{ ringId: ringId.slice(2), toSite: to, studyKey: '0', mayAdd: false }], allowedBy);
    },
  };
}
