import { createHash } from 'node:crypto';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Pseudonyms, createPseudonyms, readConsortiumKey } from '../../src/archive/pseudonyms.js';
import { blockChanges } from '../../src/archive/project/block-changes.js';
import { createIssuers } from '../../src/archive/project/issuers.js';
import { readAnnouncement } from '../../src/archive/project/read-announcement.js';
import type { CatalogBlock, CatalogCounts } from '../../src/catalog/catalog.js';
import { openCatalog } from '../../src/catalog/sqlite/open-catalog.js';
import { openHeaderReader } from '../../src/dicom/metadata/open-header-reader.js';
import { readConfig } from '../../src/config.js';
import { openEmbeddedChain } from '../../src/ledger/embedded/embedded-chain.js';
import { loadOrCreateKey } from '../../src/ledger/keys/keys.js';
import { accountOf, signTransaction } from '../../src/ledger/keys/sign.js';
import type { Hex } from '../../src/ledger/ethereum/hex.js';
import type { Body, ImageEvent, LedgerEvent } from '../../src/ledger/ledger.js';
import { siteRules } from '../../src/open-site-catalog.js';
import { previewOf } from '../../src/archive/testing/event-maker.js';
import { headerOf, placeOf } from './header.js';
import { namedBy } from '../../src/ledger/testing/named-by.js';
import { createBodySecrets } from '../../src/archive/secrecy/body-secrets.js';

const PER_BLOCK = 500;
const SITE = 1;
/** As many bytes as a preview has that fills its chunk by a third. */
const preview = previewOf('.'.repeat(7_500));
const INSTANCE_BYTES = 525_000;
const ZERO: Hex = `0x${'0'.repeat(40)}`;

type ChainBlock = CatalogBlock & { timestamp: number };

/**
 * Fills the catalogue of a stopped server as its follower does, by events, read and projected, in blocks that the chain really has:
 * adds the instances of the numbers `from` to `to` - 1. Returns milliseconds for each, without those of the chain.
 */
export async function fillCatalog(
  folder: string,
  { from, to }: { from: number; to: number },
): Promise<{ millisecondsEach: number; counts: CatalogCounts }> {
  const blocks = await addEmptyBlocks(folder, Math.ceil((to - from) / PER_BLOCK));
  const pseudonyms = createPseudonyms(
    await readConsortiumKey({ file: path.join(folder, 'consortium.key'), create: true }),
  );
  const catalog = openCatalog({
    file: path.join(folder, 'catalog.sqlite'),
    site: siteRules(readConfig({ DATA_DIR: folder }), SITE),
    siteName: () => 'bench',
  });
  const bodies = new Map<Hex, Buffer>();
  const headers = openHeaderReader({ maxBytes: 2 ** 21 });
  const reading = {
    // All that reading announcements asks of it.
    ledger: { siteId: SITE, readBody: async ({ sha256 }: Body) => bodies.get(sha256)! },
    ...{ headers, secrets: createBodySecrets({ chainId: 1n }), pseudonyms, issuers: createIssuers(new Map()) },
  };
  const begun = performance.now();
  for (const [i, block] of blocks.entries()) {
    const first = from + i * PER_BLOCK;
    const numbers = Array.from({ length: Math.min(PER_BLOCK, to - first) }, (_, offset) => first + offset);
    bodies.clear();
    const events = numbers.flatMap((number, at) => eventsOf(number, { pseudonyms, bodies, block, logIndex: 2 * at }));
    const changes = blockChanges(events, { account: '' });
    await Promise.all(
      changes.map(async (change) => {
        if (change.kind !== 'announced') return;
        const since = { block: block.number, branch: 0 };
        change.reading = await readAnnouncement(reading, change.image, { isReleased: false, since });
      }),
    );
    await catalog.apply(block, changes);
  }
  const milliseconds = performance.now() - begun;
  const counts = await catalog.seenBy('everything').counts();
  await catalog.close();
  await headers.close();
  return { millisecondsEach: milliseconds / (to - from), counts };
}

function eventsOf(
  index: number,
  {
    pseudonyms,
    bodies,
    block,
    logIndex,
  }: { pseudonyms: Pseudonyms; bodies: Map<Hex, Buffer>; block: ChainBlock; logIndex: number },
): LedgerEvent[] {
  const { PatientID, SOPInstanceUID, StudyInstanceUID } = placeOf(index);
  const body = (bytes: Buffer): Body => {
    const sha256: Hex = `0x${createHash('sha256').update(bytes).digest('hex')}`;
    bodies.set(sha256, bytes);
    return bodyOf({ sha256, byteCount: bytes.length });
  };
  const imageId = pseudonyms.imageKey(SOPInstanceUID);
  const event = (offset: number): Pick<ImageEvent, 'contract' | 'imageId' | 'siteId' | 'position'> => ({
    contract: ZERO,
    imageId,
    siteId: SITE,
    position: { blockNumber: block.number, logIndex: logIndex + offset },
  });
  return [
    {
      ...event(0),
      kind: 'announced',
      names: namedBy(imageId, pseudonyms.patientKey({ PatientID, IssuerOfPatientID: '', StudyInstanceUID })).names,
      header: body(headerOf(index)),
      preview: body(preview),
      instance: bodyOf({ sha256: imageId, byteCount: INSTANCE_BYTES }),
    },
    { ...event(1), kind: 'sealed', pages: [`0x${imageId.slice(26)}`] },
  ];
}

const bodyOf = ({ sha256, byteCount }: { sha256: Hex; byteCount: number }): Body => ({
  contract: ZERO,
  scheme: 0,
  byteCount,
  sha256,
  root: sha256,
  pieceBytes: 30_720,
  list: [],
});

/** Blocks with a transaction that does nothing: above the cursor, and without an event of their own. */
async function addEmptyBlocks(folder: string, count: number): Promise<ChainBlock[]> {
  const key = await loadOrCreateKey(path.join(folder, 'governor.key'));
  const siteKey = await loadOrCreateKey(path.join(folder, 'site.key'));
  const account = accountOf(key);
  const chain = await openEmbeddedChain({
    folder: path.join(folder, 'chain'),
    periodMs: 0,
    genesisAccounts: [account, accountOf(siteKey)],
  });
  const ask = (method: string, ...params: unknown[]): Promise<unknown> => chain.request({ method, params });
  const chainId = BigInt((await ask('eth_chainId')) as Hex);
  const first = Number(await ask('eth_getTransactionCount', account, 'latest'));
  const blocks: ChainBlock[] = [];
  for (let nonce = first; nonce < first + count; nonce++) {
    const to = Buffer.from(account.slice(2), 'hex');
    const { raw } = signTransaction(
      { chainId, nonce, gasPrice: 1n, gasLimit: 21_000n, to, data: Buffer.alloc(0) },
      key,
    );
    await chain.sendRawTransactionBytes(raw);
    while (Number(await ask('eth_getTransactionCount', account, 'latest')) <= nonce) await nextTurn();
    const block = await ask('eth_getBlockByNumber', 'latest', false);
    const { number, hash, timestamp } = block as { number: Hex; hash: Hex; timestamp: Hex };
    blocks.push({ number: BigInt(number), hash, timestamp: Number(timestamp) });
  }
  await chain.close();
  return blocks;
}
