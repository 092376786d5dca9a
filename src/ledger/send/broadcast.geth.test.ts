import { until } from '../../base/testing/until.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { silentLog } from '../../base/log.js';
import type { Network } from '../../network/network.js';
import { startNetwork } from '../../network/start-network.js';
import { connectNodes } from '../nodes/connect-nodes.js';
import { blocksOf } from '../follow/follow.js';
import { readKeystore } from '../keys/keystore.js';
import { contentOf, eventsUntil, newImage, readWhole, sealedBodies, startStore } from '../testing/ledger-bed.js';
import { toHex } from '../ethereum/hex.js';
import type { ImageToStore, Ledger } from '../ledger.js';
import { openLedger } from '../open-ledger.js';
import { gethUnderTest } from '../../network/testing/build-geth.js';

const binary = gethUnderTest();

describe('Sending to three nodes that seal', () => {
  let folder: string;
  let network: Network;
  const ending: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'dicom-ledger-sending-'));
    network = await startNetwork({ sites: 3, folder: path.join(folder, 'network'), binary, onlyChain: true });
  });
  afterAll(async () => {
    for (const end of ending.reverse()) await end();
    await network.stop();
    await rm(folder, { recursive: true });
  });

  /** A site's ledger: its own node first, and the others if they are asked for. */
  async function open(siteNumber: number, { isAlone = false } = {}): Promise<Ledger> {
    const site = network.sites[siteNumber]!;
    const others = network.sites.filter((other) => other !== site);
    const urls = [site.node.ws, ...(isAlone ? [] : others.map(({ node }) => node.rpc))];
    const nodes = await connectNodes({ urls, log: silentLog });
    const ledger = await openLedger({
      nodes,
      contracts: [network.contract],
      privateKey: await readKeystore({ file: site.keystoreFile, passwordFile: site.passwordFile }),
      pieceBytes: 30_720,
      windowBytes: 16_000_000,
      poolBytes: 7 * 1024 * 1024,
      outboxFolder: outboxOf(siteNumber),
      depths: { sealed: 2, final: 3, kept: 3 },
      stallMs: 5_000,
      log: silentLog,
    });
    ending.push(async () => {
      await ledger.close();
      await nodes.close();
    });
    return ledger;
  }

  /** An image of the site under a ring that it opens for it. */
  async function newImageOf(ledger: Ledger, byteCount: number): Promise<ImageToStore> {
    const ringId = toHex(randomBytes(16));
    await ledger.openRing(ringId, toHex(randomBytes(32)));
    const names = { release: 2, imageKey: toHex(randomBytes(32)), ringId, studyKey: 1n, patientKey: 1n } as const;
    const instance = { ...contentOf(randomBytes(byteCount)), scheme: 2 };
    return newImage(0, { names, imageId: ledger.imageIdOf(names), instance });
  }

  const outboxOf = (siteNumber: number): string => path.join(folder, `outbox-${siteNumber}`);
  async function isEmpty(siteNumber: number): Promise<boolean> {
    const [own] = await readdir(outboxOf(siteNumber));
    return (await readdir(path.join(outboxOf(siteNumber), own!))).length === 0;
  }

  it('stores while its own node is killed in the middle, and forgets nothing before two have it for good', async () => {
    const ledger = await open(0);
    const image = await newImageOf(ledger, 8_000_000);
    const stored = startStore(ledger, image);
    await eventsUntil(ledger, image.imageId, 'announced');
    await network.sites[0]!.node.stop('SIGKILL');
    await stored;
    await until('an empty pool', () => isEmpty(0));
    await network.sites[0]!.node.start();
    const own = await open(2, { isAlone: true });
    const { instance } = await sealedBodies(own, image.imageId);
    expect((await readWhole(own, instance)).equals(await image.instance.read(0, 8_000_000))).toBe(true);
    await own.close();
  });

  it('stores two sites at once, each with its part of the window', async () => {
    const [one, two] = [await open(2), await open(1)];
    const made = async (ledger: Ledger) => ({ ledger, image: await newImageOf(ledger, 3_000_000) });
    const images = await Promise.all([one, two].map(made));
    await Promise.all(images.map(({ ledger, image }) => ledger.store(image)));
    for (const { ledger } of images) expect((await ledger.health()).reverted).toEqual({ count: 0, newest: [] });
    const counted = new AbortController();
    for await (const step of one.follow({ after: undefined, hashAt: () => undefined, signal: counted.signal }))
      if (
        blocksOf(step).some(({ events }) =>
          events.some((one) => 'imageId' in one && one.imageId === images[1]!.image.imageId),
        )
      )
        break;
    counted.abort();
    const alone = (await two.health()).windowBytes;
    expect((await one.health()).windowBytes).toBeLessThan(alone);
  });
});
