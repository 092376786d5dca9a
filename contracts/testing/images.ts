import { AbiCoder, Interface, keccak256 } from 'ethers';
import { imagesAbi } from '../../src/ledger/contract/images-abi.js';
import {
  announcement,
  key,
  pageAddresses,
  pagedBody,
  type TestAnnouncement as LedgerAnnouncement,
  type TestBody,
} from './body.js';
import { TestConsortium, writerA, writerB } from './consortium.js';
import { released } from './released.js';
import { type Account, type TestChain, TestContract } from './test-chain.js';

const abi = new Interface(imagesAbi);

/** States of an image. */
export const [ABSENT, ANNOUNCED, SEALED, RETIRED] = [0n, 1n, 2n, 3n];
export const [QUALITY, SAFETY, WORKLIST, EXPIRED] = [113_001n, 113_037n, 113_038n, 113_039n];

export const ringA = `0x${'aa'.repeat(16)}`;
export const ringB = `0x${'bb'.repeat(16)}`;

/** What `announce` takes. */
export interface TestAnnouncement extends Omit<LedgerAnnouncement, 'patientKey'> {
  ringId: string;
  studyKey: bigint;
  patientKey: bigint;
}

let opened: { images: TestImages; restore: () => Promise<void> } | undefined;

/** The images beside a consortium with the sites 1 (`writerA`, `ringA`) and 2 (`writerB`, `ringB`). */
export class TestImages extends TestContract {
  private constructor(
    chain: TestChain,
    address: string,
    deployment: TestContract['deployment'],
    readonly consortium: TestConsortium,
  ) {
    super(chain, abi, address, deployment);
  }

  /** It is one, as new each time. */
  static async open(): Promise<TestImages> {
    if (opened === undefined) {
      const consortium = await TestConsortium.open();
      await consortium.send(writerA, 'openRing', ringA, key('root of A'));
      await consortium.send(writerB, 'openRing', ringB, key('root of B'));
      const images = await TestImages.deploy(consortium);
      opened = { images, restore: await images.chain.remember() };
    }
    await opened.restore();
    opened.images.sent.length = 0;
    return opened.images;
  }

  static async deploy(consortium: TestConsortium, address = consortium.address): Promise<TestImages> {
    const { chain } = consortium;
    const deployed = await chain.deploy(abi, released('Images'), writerA, address);
    return new TestImages(chain, deployed.address, deployed.deployment, consortium);
  }

  /** Announces, stores and seals an instance of the given pieces. */
  async sealImage(
    name: string,
    pieces: Buffer[],
    { pieceBytes = 30_720, by = writerA }: { pieceBytes?: number; by?: Account } = {},
  ): Promise<{ imageId: string; body: TestBody }> {
    const body = pagedBody(this, pieces);
    await this.send(by, 'announce', announcementOf(name, body, { pieceBytes, ringId: by === writerB ? ringB : ringA }));
    await this.storeBody(body, pieces);
    const imageId = imageIdOf(by === writerB ? 2 : 1, name);
    await this.send(by, 'seal', imageId, pageAddresses(body));
    return { imageId, body };
  }

  /** Stores the distinct pieces, then the pages, and checks these. */
  async storeBody(body: TestBody, pieces: Iterable<Buffer>): Promise<void> {
    for (const piece of new Set(pieces)) await this.send(writerA, 'storePieces', [piece]);
    for (const { list, address } of body.pages) {
      await this.send(writerA, 'storePieces', [list]);
      await this.send(writerA, 'checkPage', address, 1_228);
    }
  }
}

/** An announcement of an instance, with an empty header and preview unless others are given. */
export function announcementOf(
  name: string,
  instance: TestBody,
  change: Partial<TestAnnouncement> = {},
): TestAnnouncement {
  const keys = { ringId: ringA, studyKey: 2n ** 63n + 7n, patientKey: 2n ** 63n + 1n };
  return { ...announcement(name, instance), ...keys, ...change };
}

export function imageIdOf(siteId: number, name: string): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(['uint32', 'bytes32'], [siteId, key(name)]));
}
