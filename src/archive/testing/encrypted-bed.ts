import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bufferSource } from '../../base/byte-source.js';
import { scanPart10 } from '../../dicom/part10/part10.js';
import { deployRelease2 } from '../../ledger/consortium/deploy-release2.js';
import type { Hex } from '../../ledger/ethereum/hex.js';
import { accountOf } from '../../ledger/keys/sign.js';
import type { ImageNames, ImageToStore, Ledger } from '../../ledger/ledger.js';
import { embeddedBed } from '../../ledger/testing/embedded-ledger.js';
import { type Bed, openBed } from '../../ledger/testing/ledger-bed.js';
import { ROLE } from '../../secrecy/body-keys.js';
import { encryptedImageOf, type ImageSecrets, type StudyNodes } from '../secrecy/body-secrets.js';
import { encryptSmallBody } from '../secrecy/small-body.js';
import { prepareImage } from '../store/prepare-image.js';
import type { SpooledPart } from '../store/spool.js';
import {
  type EncryptedSite,
  MAX_HEADER_BYTES,
  type MadeRing,
  openEncryptedSite,
  openMadeRing,
} from './encrypted-site.js';

/** What the server of the bed's own site would store. */
export type MadeImage = ImageToStore & { names: ImageNames & { release: 2 } };

type SiteOptions = Omit<Parameters<typeof openEncryptedSite>[1], 'nodes'> & { nodes?: StudyNodes };

/** A chain with the contracts of release 2, a site that stores encrypted there, and another one that reads. */
export interface EncryptedBed extends Omit<Bed, 'close'> {
  contracts: { consortium: Hex; images: Hex };
  ledger: Ledger;
  /** It belongs to no site: to it, all is another site's. */
  stranger: Ledger;
  ring: MadeRing;
  own: EncryptedSite;
  other: EncryptedSite;
  /** Whether the other site holds the ring. */
  isShared: boolean;
  /** Another pair of contracts on the same chain, with the same writer. */
  deployed(siteName: string): Promise<{ consortium: Hex; images: Hex }>;
  /** Another server in a new folder; it holds the ring unless it is given other nodes. */
  newSite(options: SiteOptions): Promise<{ site: EncryptedSite; folder: string }>;
  made(file: Buffer, options?: { naming?: EncryptedSite['naming']; compresses?: boolean }): Promise<MadeImage>;
  secretsOf(image: MadeImage): ImageSecrets;
  /** The image with another header, under its own keys. */
  withHeader(image: MadeImage, header: Buffer): MadeImage;
  close(): Promise<void>;
}

/** Opens the bed on an embedded chain with a block at once. */
export async function openEncryptedBed(): Promise<EncryptedBed> {
  const root = await mkdtemp(path.join(tmpdir(), 'dicom-ledger-encrypted-'));
  const bed = await openBed(embeddedBed(0));
  const sites: EncryptedSite[] = [];
  const deployed: EncryptedBed['deployed'] = (siteName) =>
    deployRelease2(bed.provider, {
      key: bed.keys.governor,
      governors: [accountOf(bed.keys.governor)],
      waitSeconds: 0,
      siteName,
      // The second writes what `ledger` would not.
      writers: [accountOf(bed.keys.site), accountOf(bed.keys.otherSite)],
      champions: [],
    });
  const contracts = await deployed('North');
  const ledger = await bed.open({ contracts: [contracts.images] });
  const stranger = await bed.open({ contracts: [contracts.images], privateKey: bed.keys.stranger });
  const ring = await openMadeRing(ledger);
  const newSite: EncryptedBed['newSite'] = async (options) => {
    const folder = await mkdtemp(path.join(root, 'site-'));
    const site = await openEncryptedSite(folder, { nodes: ring.nodes, ...options });
    sites.push(site);
    return { site, folder };
  };
  const { site: own } = await newSite({ ledger, ring });
  const nodes: StudyNodes = { studyNode: (...of) => (whole.isShared ? ring.nodes.studyNode(...of) : undefined) };
  const { site: other } = await newSite({ ledger: stranger, nodes });
  const secretsOf: EncryptedBed['secretsOf'] = ({ names }) =>
    own.secrets.of(
      encryptedImageOf({
        ...{ contract: contracts.images, siteId: 1, ringId: names.ringId, imageKey: names.imageKey },
        studyKey: String(names.studyKey),
      })!,
    )!;
  const whole: EncryptedBed = {
    ...bed,
    ...{ contracts, ledger, stranger, ring, own, other, deployed, newSite, secretsOf },
    isShared: true,
    made: async (file, { naming = own.naming, compresses = true } = {}) => {
      const scanned = await scanPart10(bufferSource(file));
      if (scanned.kind !== 'header') throw new Error(scanned.message);
      const { header, identity } = scanned;
      const part = {
        bytes: bufferSource(file),
        sha256: createHash('sha256').update(file).digest('hex'),
      } as SpooledPart;
      const named = naming.instance({ ...identity, IssuerOfPatientID: 'north' });
      const settings = { patientIdIssuer: 'north', maxHeaderBytes: MAX_HEADER_BYTES, compresses };
      const content = { kind: 'content', header, identity } as const;
      return (await prepareImage({ pictures: own.pictures, settings }, { part, content, named })) as MadeImage;
    },
    withHeader: (image, header) => {
      const keys = secretsOf(image).keys(ROLE.header);
      return { ...image, header: encryptSmallBody(header, { keys, role: ROLE.header, isPadded: true }) };
    },
    close: async () => {
      for (const site of sites) await site.close();
      await bed.close();
      await rm(root, { recursive: true });
    },
  };
  return whole;
}
