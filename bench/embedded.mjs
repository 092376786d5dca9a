/**
 * How fast the embedded chain takes pieces, how fast it gives them back, what memory it needs, and how soon it is back.
 *
 *   npm run build && node bench/embedded.mjs [MB, default 100] [periodMs, default 0] [folder, default a temporary one]
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { encodeStorePieces } from '../dist/ledger/contract/calldata.js';
import { chunkAddress, splitPiece } from '../dist/ledger/contract/chunks.js';
import { deployContract } from '../dist/ledger/contract/deploy.js';
import { openEmbeddedChain } from '../dist/ledger/embedded/embedded-chain.js';
import { baseGas, storeGas } from '../dist/ledger/contract/gas.js';
import { fromHex, toHex } from '../dist/ledger/ethereum/hex.js';
import { accountOf, signTransaction } from '../dist/ledger/keys/sign.js';

const megabytes = Number(process.argv[2] ?? 100);
const periodMs = Number(process.argv[3] ?? 0);
const given = process.argv[4];
const folder = given ?? (await mkdtemp(path.join(os.tmpdir(), 'embedded-')));
const pieceBytes = 30_720;
const piecesPerTransaction = 2;
const windowTransactions = 128;
const chainId = 53_696n;
const key = Buffer.alloc(32, 7);
const account = accountOf(key);
const options = { folder, periodMs, chainId: Number(chainId), genesisAccounts: [account] };
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

async function open() {
  const begun = performance.now();
  const opened = await openEmbeddedChain(options);
  const block = Number(await opened.request({ method: 'eth_blockNumber' }));
  console.log(`open at block ${block} in ${Math.round(performance.now() - begun)} ms`);
  return opened;
}

async function write() {
  const transactions = Math.ceil((megabytes * 1e6) / pieceBytes / piecesPerTransaction);
  let nonce = await minedNonce();
  const before = Number(await chain.request({ method: 'eth_blockNumber' }));
  const begun = performance.now();
  for (let sent = 0; sent < transactions; sent++, nonce++) {
    if (sent % 16 === 0) await mined(nonce - windowTransactions);
    const pieces = Array.from({ length: piecesPerTransaction }, () => randomBytes(pieceBytes));
    const data = encodeStorePieces(pieces);
    const gasLimit = BigInt(baseGas + piecesPerTransaction * storeGas(pieceBytes));
    const { raw } = signTransaction({ chainId, nonce, gasPrice: 1n, gasLimit, to: fromHex(contract), data }, key);
    void chain.sendRawTransactionBytes(raw);
    if (sent % 500 === 0) sample();
  }
  await mined(nonce);
  const seconds = (performance.now() - begun) / 1000;
  const bytes = transactions * piecesPerTransaction * pieceBytes;
  const blocks = Number(await chain.request({ method: 'eth_blockNumber' })) - before;
  console.log(
    `wrote ${(bytes / 1e6).toFixed()} MB in ${blocks} blocks, ${seconds.toFixed(1)} s: ${(bytes / 1e6 / seconds).toFixed(2)} MB/s`,
  );
}

/** Stores 64 pieces that are known, and reads them again and again. */
async function read() {
  const pieces = Array.from({ length: 64 }, (_, index) => Buffer.alloc(pieceBytes, index + 1));
  let nonce = await minedNonce();
  for (const piece of pieces) {
    const gasLimit = BigInt(baseGas + storeGas(pieceBytes));
    const data = encodeStorePieces([piece]);
    const { raw } = signTransaction(
      { chainId, nonce: nonce++, gasPrice: 1n, gasLimit, to: fromHex(contract), data },
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
  if (byteCount !== 20 * 64 * pieceBytes) throw new Error(`read ${byteCount} bytes`);
  console.log(`read ${(byteCount / 1e6 / seconds).toFixed(1)} MB/s`);
  sample();
}

function sample() {
  peakRss = Math.max(peakRss, process.memoryUsage.rss());
}

async function minedNonce() {
  return Number(await chain.request({ method: 'eth_getTransactionCount', params: [account, 'latest'] }));
}

/** Waits until all transactions below `nonce` are in blocks. */
async function mined(nonce) {
  while ((await minedNonce()) < nonce) await new Promise((resolve) => setTimeout(resolve, 10));
}
