/**
 * How fast the embedded chain takes chunks, what it needs of memory, and how soon it is back.
 *
 *   npm run build && node bench/embedded.mjs [MB, default 100] [periodMs, default 0] [folder, default a temporary one]
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { RLP } from '@ethereumjs/rlp';
import { openEmbeddedChain } from '../dist/ledger/embedded/provider.js';

const require = createRequire(import.meta.url);
const createHash = require('keccak');
const secp256k1 = require('secp256k1');
const keccak = (bytes) => createHash('keccak256').update(Buffer.from(bytes)).digest();

const megabytes = Number(process.argv[2] ?? 100);
const periodMs = Number(process.argv[3] ?? 0);
const given = process.argv[4];
const folder = given ?? (await mkdtemp(path.join(os.tmpdir(), 'embedded-')));
const chunkBytes = 24_575;
const chainId = 53_696;
const key = Buffer.alloc(32, 7);
const account = `0x${keccak(secp256k1.publicKeyCreate(key, false).subarray(1)).subarray(12).toString('hex')}`;
/** Copies the call's data to memory and deploys it: CALLDATACOPY, CREATE2 with salt 0. */
const factoryCode = Buffer.from('36600060003760003660006000f500', 'hex');
const deployCode = (code) =>
  Buffer.concat([Buffer.from('61', 'hex'), uint16(code.length), Buffer.from('80600a3d393df3', 'hex'), code]);

const openedAt = performance.now();
const chain = await openEmbeddedChain({ folder, periodMs, chainId, genesisAccounts: [account] });
await chain.request({ method: 'eth_blockNumber' });
console.log(`opened in ${Math.round(performance.now() - openedAt)} ms`);
let nonce = Number(await chain.request({ method: 'eth_getTransactionCount', params: [account, 'latest'] }));
const factory = `0x${keccak(RLP.encode([Buffer.from(account.slice(2), 'hex'), nonce])).subarray(12).toString('hex')}`;
await chain.sendRawTransactionBytes(sign(undefined, deployCode(factoryCode), 200_000));

const count = Math.ceil((megabytes * 1e6) / chunkBytes);
const inFlight = 256;
let peakRss = 0;
const begun = performance.now();
let last = begun;
for (let sent = 0; sent < count; ) {
  const batch = [];
  for (; batch.length < inFlight && sent < count; sent++) {
    const code = deployCode(Buffer.concat([Buffer.alloc(1), randomBytes(chunkBytes)]));
    batch.push(chain.sendRawTransactionBytes(sign(factory, code, 5_500_000)));
  }
  await Promise.all(batch);
  await mined(nonce - inFlight);
  peakRss = Math.max(peakRss, process.memoryUsage.rss());
  if (performance.now() - last > 5000) {
    last = performance.now();
    console.log(`${Math.round((sent * chunkBytes) / 1e6)} MB, RSS ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`);
  }
}
await mined(nonce);
const seconds = (performance.now() - begun) / 1000;
const blocks = Number(await chain.request({ method: 'eth_blockNumber' }));
console.log(
  `${count} chunks, ${blocks} blocks, ${seconds.toFixed(1)} s: ${((count * chunkBytes) / 1e6 / seconds).toFixed(2)} MB/s, ` +
    `RSS ${Math.round(peakRss / 2 ** 20)} MiB at most`,
);
await chain.close();

const again = performance.now();
const reopened = await openEmbeddedChain({ folder, periodMs, chainId, genesisAccounts: [account] });
await reopened.request({ method: 'eth_blockNumber' });
console.log(`opened again in ${Math.round(performance.now() - again)} ms`);
await reopened.close();
if (given === undefined) await rm(folder, { recursive: true });

/** Waits until the account's nonce at the head is `wanted`. */
async function mined(wanted) {
  while (Number(await chain.request({ method: 'eth_getTransactionCount', params: [account, 'latest'] })) < wanted)
    await new Promise((resolve) => setTimeout(resolve, 5));
}

function sign(to, data, gas) {
  const fields = [nonce++, 1, gas, to === undefined ? new Uint8Array() : Buffer.from(to.slice(2), 'hex'), 0, data];
  const digest = keccak(RLP.encode([...fields, chainId, 0, 0]));
  const { signature, recid } = secp256k1.ecdsaSign(digest, key);
  const short = (bytes) => bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  return RLP.encode([...fields, chainId * 2 + 35 + recid, short(signature.subarray(0, 32)), short(signature.subarray(32))]);
}

function uint16(value) {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
