import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { embeddedBed } from '../testing/embedded-ledger.js';
import { openBed, type Bed } from '../testing/ledger-bed.js';
import { createRpc, type Rpc } from '../rpc/rpc.js';
import { accountOf } from '../keys/sign.js';
import { transact } from './transact.js';

let bed: Bed;
let rpc: Rpc;
const to = `0x${'77'.repeat(20)}` as const;

beforeAll(async () => {
  bed = await openBed(embeddedBed(0));
  rpc = createRpc(bed.provider);
});
afterAll(() => bed.close());

describe('transact', () => {
  it('returns when the transaction is in a block', async () => {
    const nonce = await transact({ rpc }, { key: bed.keys.site, to, value: 5n, gasLimit: 21_000n });
    expect(await rpc.balance(to)).toBe(5n);
    expect(await rpc.nonce(accountOf(bed.keys.site), 'latest')).toBe(nonce + 1);
  });

  it('sends again what a node has forgotten, and goes on with what it knows already', async () => {
    let sends = 0;
    const forgetful: Rpc = {
      ...rpc,
      send: async (raw) => {
        sends++;
        if (sends === 1) throw Object.assign(new Error('already known'), { code: -32000 });
        await rpc.send(raw);
      },
    };
    const before = await rpc.balance(to);
    await transact({ rpc: forgetful }, { key: bed.keys.site, to, value: 1n, gasLimit: 21_000n });
    expect([await rpc.balance(to), sends]).toEqual([before + 1n, 2]);
  });

  it('says that an account has no gas', async () => {
    const key = randomBytes(32);
    await expect(transact({ rpc }, { key, to, gasLimit: 21_000n })).rejects.toMatchObject({
      code: 'chain-refused',
      message: expect.stringContaining(`${accountOf(key)}: insufficient funds`),
    });
  });

  it('gives up in time when no block comes', async () => {
    const stalled: Rpc = { ...rpc, send: async () => undefined };
    const sending = transact({ rpc: stalled }, { key: bed.keys.site, to, gasLimit: 21_000n, timeoutMs: 100 });
    await expect(sending).rejects.toMatchObject({ code: 'unavailable', retryable: true });
  });
});
