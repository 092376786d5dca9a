// About 100 s.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newKey } from '../ledger/keys/keys.js';
import { accountOf, signTransaction } from '../ledger/keys/sign.js';
import { startGeth, type Geth } from './testing/geth.js';
import { gethUnderTest } from './testing/build-geth.js';

const binary = gethUnderTest();

const chainId = 20_262;
const tries = 10;
const key = newKey();
const account = accountOf(key);
let nonce = 0;

interface Block {
  number: string;
  timestamp: string;
  transactions: string[];
}

/** Sends a transaction that costs nothing and does nothing. */
async function send(geth: Geth): Promise<string> {
  const fields = { chainId: BigInt(chainId), nonce: nonce++, gasPrice: 1n, gasLimit: 21_000n };
  const { raw, hash } = signTransaction({ ...fields, to: Buffer.alloc(20, 1), data: Buffer.alloc(0) }, key);
  await geth.ipc('eth_sendRawTransaction', `0x${raw.toString('hex')}`);
  return hash;
}

const headOf = async (geth: Geth): Promise<Block> => (await geth.ipc('eth_getBlockByNumber', 'latest', false)) as Block;

async function nextHead(geth: Geth): Promise<Block> {
  const before = await headOf(geth);
  for (;;) {
    const head = await headOf(geth);
    if (head.number !== before.number) return head;
    await sleep(5);
  }
}

async function blockOf(geth: Geth, hash: string): Promise<number> {
  for (;;) {
    const receipt = (await geth.ipc('eth_getTransactionReceipt', hash)) as { blockNumber: string } | null;
    if (receipt) return Number(receipt.blockNumber);
    await sleep(20);
  }
}

/** How many of ten transactions, each sent so long after a block, stand in the very next one. */
async function nextBlockCount(geth: Geth, afterMs: number): Promise<number> {
  let count = 0;
  for (let i = 0; i < tries; i++) {
    const head = await nextHead(geth);
    await sleep(Math.max(0, Number(head.timestamp) * 1000 + afterMs - Date.now()));
    if ((await blockOf(geth, await send(geth))) === Number(head.number) + 1) count++;
  }
  return count;
}

describe.each([
  [1, [300, 650]],
  [2, [1_650]],
])('A geth of network start, a block each %i s', (periodSeconds, phases) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-late-'));
  let geth: Geth;
  beforeAll(async () => {
    nonce = 0;
    geth = await startGeth({ binary, folder, funded: [account], chainId, periodSeconds });
  });
  afterAll(async () => {
    await geth.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(phases)('has a transaction in the next block that came %i ms after the last', async (afterMs) => {
    expect(await nextBlockCount(geth, afterMs)).toBeGreaterThanOrEqual(tries - 2);
  });

  it('made every block one period after the one before, meanwhile', async () => {
    const head = await headOf(geth);
    const times: number[] = [];
    for (let number = Number(head.number) - tries; number <= Number(head.number); number++)
      times.push(
        Number(((await geth.ipc('eth_getBlockByNumber', `0x${number.toString(16)}`, false)) as Block).timestamp),
      );
    expect(times.map((time) => time - times[0]!)).toEqual(times.map((_, i) => i * periodSeconds));
  });

  it('stays stopped when somebody stops the miner', async () => {
    await nextHead(geth);
    await geth.ipc('miner_stop');
    const hash = await send(geth);
    // The block that was begun may still come.
    await sleep(3 * periodSeconds * 1000);
    expect(await geth.ipc('eth_mining')).toBe(false);
    await geth.ipc('miner_start');
    expect(await blockOf(geth, hash)).toBeGreaterThan(0);
  });
});
