// Fills the catalogue of a stopped server as its follower does: events, read and projected, in blocks that the chain really has.
import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ledgerKeys, readConsortiumKey } from '../../dist/archive/pseudonyms.js';
import { changesOf, readEvents } from '../../dist/archive/project/project.js';
import { openCatalog } from '../../dist/catalog/sqlite/open-catalog.js';
import { openEmbeddedChain } from '../../dist/ledger/embedded/embedded-chain.js';
import { loadOrCreateKey } from '../../dist/ledger/keys/keys.js';
import { accountOf, signTransaction } from '../../dist/ledger/keys/sign.js';
import { createLog } from '../../dist/base/log.js';
import { headerOf, placeOf } from './header.mjs';

const perBlock = 500;
const preview = randomBytes(8_000);
const instanceBytes = 525_000;
const zero = `0x${'0'.repeat(40)}`;

/** Adds the instances of the numbers `from` to `to - 1`; returns milliseconds for each, without those of the chain. */
export async function fillCatalog(folder, { from, to }) {
  const blocks = await addEmptyBlocks(folder, Math.ceil((to - from) / perBlock));
  const keys = ledgerKeys(await readConsortiumKey({ file: path.join(folder, 'consortium.key'), create: false }));
  const catalog = openCatalog({ file: path.join(folder, 'catalog.sqlite') });
  const bodies = new Map();
  const ledger = { readBody: async ({ sha256 }) => bodies.get(sha256) };
  const announcedBody = (imageKey) => catalog.image(imageKey)?.body;
  const begun = performance.now();
  for (const [i, block] of blocks.entries()) {
    const first = from + i * perBlock;
    const numbers = Array.from({ length: Math.min(perBlock, to - first) }, (_, offset) => first + offset);
    bodies.clear();
    const events = numbers.flatMap((number, at) => eventsOf(number, { keys, bodies, block, logIndex: 2 * at }));
    const read = await readEvents({ ledger, keys, log: createLog('warn') }, events);
    catalog.apply(block, changesOf({ announcedBody }, read));
  }
  const milliseconds = performance.now() - begun;
  const counts = catalog.counts();
  catalog.close();
  return { millisecondsEach: milliseconds / (to - from), counts };
}

function eventsOf(index, { keys, bodies, block, logIndex }) {
  const { patient, SOPInstanceUID } = placeOf(index);
  const body = (bytes) => {
    const sha256 = `0x${createHash('sha256').update(bytes).digest('hex')}`;
    bodies.set(sha256, bytes);
    return bodyOf({ sha256, byteCount: bytes.length });
  };
  const imageKey = keys.imageKey(SOPInstanceUID);
  const event = (offset) => ({
    contract: zero,
    imageKey,
    siteId: 1,
    position: { blockNumber: block.number, logIndex: logIndex + offset },
  });
  return [
    {
      ...event(0),
      kind: 'announced',
      patientKey: `0x${patient.toString(16).padStart(64, '0')}`,
      header: body(headerOf(index)),
      preview: body(preview),
      instance: bodyOf({ sha256: imageKey, byteCount: instanceBytes }),
    },
    { ...event(1), kind: 'sealed', pages: [`0x${imageKey.slice(26)}`] },
  ];
}

const bodyOf = ({ sha256, byteCount }) => ({
  contract: zero,
  scheme: 0,
  byteCount,
  sha256,
  root: sha256,
  pieceBytes: 30_720,
  list: [],
});

/** Blocks with a transaction that does nothing: above the cursor, and without an event of their own. */
async function addEmptyBlocks(folder, count) {
  const key = await loadOrCreateKey(path.join(folder, 'governor.key'));
  const siteKey = await loadOrCreateKey(path.join(folder, 'site.key'));
  const account = accountOf(key);
  const chain = await openEmbeddedChain({
    folder: path.join(folder, 'chain'),
    periodMs: 0,
    genesisAccounts: [account, accountOf(siteKey)],
  });
  const ask = (method, ...params) => chain.request({ method, params });
  const chainId = BigInt(await ask('eth_chainId'));
  const first = Number(await ask('eth_getTransactionCount', account, 'latest'));
  const blocks = [];
  for (let nonce = first; nonce < first + count; nonce++) {
    const to = Buffer.from(account.slice(2), 'hex');
    const { raw } = signTransaction(
      { chainId, nonce, gasPrice: 1n, gasLimit: 21_000n, to, data: Buffer.alloc(0) },
      key,
    );
    await chain.sendRawTransactionBytes(raw);
    while (Number(await ask('eth_getTransactionCount', account, 'latest')) <= nonce) await nextTurn();
    const { number, hash, timestamp } = await ask('eth_getBlockByNumber', 'latest', false);
    blocks.push({ number: BigInt(number), hash, timestamp: Number(timestamp) });
  }
  await chain.close();
  return blocks;
}
