// How fast the embedded chain takes pieces, how fast it gives them back, what memory it needs, and how soon it is back.
// usage: npm run bench:embedded -- [MB, default 100] [periodMs, default 0] [folder, default a temporary one]
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { storePiecesCalldata } from '../../src/ledger/contract/calldata.js';
import { chunkAddress, splitPiece } from '../../src/ledger/contract/chunks.js';
import { deployContract } from '../../src/ledger/contract/deploy.js';
import { type EmbeddedChain, openEmbeddedChain } from '../../src/ledger/embedded/embedded-chain.js';
import { BASE_GAS, storeGas } from '../../src/ledger/contract/gas.js';
import { until } from '../../src/base/testing/until.js';
import { fromHex, toHex } from '../../src/ledger/ethereum/hex.js';
import { accountOf, signTransaction } from '../../src/ledger/keys/sign.js';

const megabytes = Number(process.argv[2] ?? 100);
const periodMs = Number(process.argv[3] ?? 0);
const given = process.argv[4];
const folder = given ?? (await mkdtemp(path.join(os.tmpdir(), 'embedded-')));
const PIECE_BYTES = 30_720;
const PIECES_PER_TRANSACTION = 2;
const WINDOW_TRANSACTIONS = 128;
const CHAIN_ID = 53_696n;
const key = Buffer.alloc(32, 7);
const account = accountOf(key);
const options = { folder, periodMs, chainId: Number(CHAIN_ID), genesisAccounts: [account] };
let peakRss = 0;

let chain = await open();
const contract = await deployContract(chain, { governorKey: key, siteName: 'Bench', siteAccounts: [account] });
await write();
await read();
await chain.close();
chain = await open();
await chain.close();
console.log(`RSS ${Math.round(peakRss / 2 ** 20)} MiB at most`);
if (given === undefined) await rm(folder, { recursive: true });

async function open(): Promise<EmbeddedChain> {
  const begun = performance.now();
  const opened = await openEmbeddedChain(options);
  const block = Number(await opened.request({ method: 'eth_blockNumber' }));
  console.log(`open at block ${block} in ${Math.round(performance.now() - begun)} ms`);
  return opened;
}

async function write(): Promise<void> {
  const transactions = Math.ceil((megabytes * 1e6) / PIECE_BYTES / PIECES_PER_TRANSACTION);
  let nonce = await minedNonce();
  const before = Number(await chain.request({ method: 'eth_blockNumber' }));
  const begun = performance.now();
  for (let sent = 0; sent < transactions; sent++, nonce++) {
    if (sent % 16 === 0) await mined(nonce - WINDOW_TRANSACTIONS);
    const pieces = Array.from({ length: PIECES_PER_TRANSACTION }, () => randomBytes(PIECE_BYTES));
    const data = storePiecesCalldata(pieces);
    const gasLimit = BigInt(BASE_GAS + PIECES_PER_TRANSACTION * storeGas(PIECE_BYTES));
    const { raw } = signTransaction(
      { chainId: CHAIN_ID, nonce, gasPrice: 1n, gasLimit, to: fromHex(contract), data },
      key,
    );
    void chain.sendRawTransactionBytes(raw);
    if (sent % 500 === 0) sample();
  }
  await mined(nonce);
  const seconds = (performance.now() - begun) / 1000;
  const bytes = transactions * PIECES_PER_TRANSACTION * PIECE_BYTES;
  const blocks = Number(await chain.request({ method: 'eth_blockNumber' })) - before;
  console.log(
    `wrote ${(bytes / 1e6).toFixed()} MB in ${blocks} blocks, ${seconds.toFixed(1)} s: ${(bytes / 1e6 / seconds).toFixed(2)} MB/s`,
  );
}

/** Stores 64 pieces that are known, and reads them again and again. */
async function read(): Promise<void> {
  const pieces = Array.from({ length: 64 }, (_, index) => Buffer.alloc(PIECE_BYTES, index + 1));
  let nonce = await minedNonce();
  for (const piece of pieces) {
    const gasLimit = BigInt(BASE_GAS + storeGas(PIECE_BYTES));
    const data = storePiecesCalldata([piece]);
    const { raw } = signTransaction(
      { chainId: CHAIN_ID, nonce: nonce++, gasPrice: 1n, gasLimit, to: fromHex(contract), data },
      key,
    );
    await chain.sendRawTransactionBytes(raw);
  }
  await mined(nonce);
  const addresses = pieces.flatMap(splitPiece).map((chunk) => toHex(chunkAddress(fromHex(contract), chunk)));
  const begun = performance.now();
  let byteCount = 0;
  for (let round = 0; round < 20; round++)
    for (const code of await chain.getCodes(addresses)) byteCount += code.length - 1;
  const seconds = (performance.now() - begun) / 1000;
  if (byteCount !== 20 * 64 * PIECE_BYTES) throw new Error(`read ${byteCount} bytes`);
  console.log(`read ${(byteCount / 1e6 / seconds).toFixed(1)} MB/s`);
  sample();
}

function sample(): void {
  peakRss = Math.max(peakRss, process.memoryUsage.rss());
}

async function minedNonce(): Promise<number> {
  return Number(await chain.request({ method: 'eth_getTransactionCount', params: [account, 'latest'] }));
}

/** Waits until all transactions below `nonce` are in blocks. */
async function mined(nonce: number): Promise<void> {
  await until(`transaction ${nonce}`, async () => (await minedNonce()) >= nonce, { timeoutMs: 600_000, pauseMs: 10 });
}
