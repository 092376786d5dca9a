// About 100 s.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../base/testing/until.js';
import { createConsortium, type Consortium } from '../ledger/contract/consortium.js';
import { deployConsortium } from '../ledger/contract/deploy.js';
import { rationOf } from '../ledger/contract/ration.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { newKey } from '../ledger/keys/keys.js';
import { accountOf, signTransaction } from '../ledger/keys/sign.js';
import { openHttpProvider, type HttpProvider } from '../ledger/rpc/http-provider.js';
import { createRpc, type Rpc } from '../ledger/rpc/rpc.js';
import { initConsortium, joinConsortium, type MachineParameters } from './join.js';
import { joinFileIn, readJoinFile, writeJoinFile } from './join-file.js';
import type { NetworkNode } from './network.js';
import { openNode } from './open-node.js';
import { freePorts } from './ports.js';
import { propose } from './votes.js';
import { gethUnderTest } from './testing/build-geth.js';

const binary = gethUnderTest();

/** So many full blocks an account may fill here, so that the test sees the end of it. */
const RATION_SECONDS = 15;
/** Small blocks: what the machine can do is not looked at here. */
const BLOCK_GAS = 20_000_000;
const GAS_OF_TRANSACTION = 1_000_000n;
/** 16 gas a byte that is not 0, after 21,000 for the transaction (EIP-2028). */
const PAYLOAD = Buffer.alloc(60_000, 0xda);

const parent = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-fees-'));
const [governorKey, otherKey, staysKey, goesKey] = [newKey(), newKey(), newKey(), newKey()];
const nodes: NetworkNode[] = [];
const providers: HttpProvider[] = [];
let rpc: Rpc;
let rpcs: Rpc[];
let consortium: Consortium;
let chainId: bigint;
let siteId: number;

beforeAll(async () => {
  const ports = await freePorts(6);
  const machines = [0, 1, 2].map((i): MachineParameters => ({
    folder: path.join(parent, `node-${i + 1}`),
    host: '127.0.0.1',
    port: ports[2 * i]!,
    rpcPort: ports[2 * i + 1]!,
    netrestrict: '127.0.0.0/8',
    scryptN: 2 ** 12,
  }));
  const governors = [governorKey, otherKey].map(accountOf);
  const signers: Hex[] = [];
  for (const [i, machine] of machines.entries()) {
    const made =
      i === 0
        ? await initConsortium(machine, { periodSeconds: 1, gasLimit: BLOCK_GAS, governors })
        : await joinConsortium(machine, joinFileIn(machines[i - 1]!.folder));
    signers.push(made.signer);
    nodes.push(await openNode({ binary, folder: machine.folder, name: `node ${i + 1}` }));
    await nodes[i]!.start();
  }
  providers.push(...nodes.map((node) => openHttpProvider({ url: node.rpc })));
  rpcs = providers.map(createRpc);
  [rpc] = rpcs as [Rpc];
  chainId = await rpc.chainId();
  for (const signer of signers.slice(1))
    await until('the signer to be voted in', async () => {
      const voted = nodes.map((node, i) =>
        propose((...asked) => node.ipc(...asked), { voter: signers[i]!, address: signer, authorize: true }).catch(
          () => undefined,
        ),
      );
      return (await Promise.all(voted)).some((one) => one?.tookEffect);
    });
  const contract = await deployConsortium(providers[0]!, { governorKey, otherGovernors: [accountOf(otherKey)] });
  consortium = await createConsortium({ rpc }, { contract, governorKey, rationSeconds: RATION_SECONDS });
  for (const { folder } of machines)
    await writeJoinFile(folder, { ...(await readJoinFile(joinFileIn(folder))), contract });
  await consortium.admitSite({ name: 'Stays', accounts: [accountOf(staysKey)] });
  siteId = await consortium.admitSite({ name: 'Goes', accounts: [accountOf(goesKey)] });
});
afterAll(async () => {
  await Promise.all(providers.map((provider) => provider.close()));
  await Promise.all(nodes.map((node) => node.stop()));
  rmSync(parent, { recursive: true, force: true });
});

/** Writes bytes that are for no contract, as fast as the nodes take them; whatever they refuse is sent again. */
async function writeUntil(key: Buffer, isDone: () => Promise<boolean>): Promise<void> {
  const account = accountOf(key);
  while (!(await isDone())) {
    const next = await rpc.nonce(account, 'latest');
    for (let nonce = next; nonce < next + 40; nonce++) {
      const call = { chainId, nonce, gasPrice: 1n, gasLimit: GAS_OF_TRANSACTION, value: 0n };
      const { raw } = signTransaction({ ...call, to: randomBytes(20), data: PAYLOAD }, key);
      await Promise.all(rpcs.map((one) => one.send(raw).catch(() => undefined)));
    }
    await sleep(200);
  }
}

/** Transactions of an account that stand in blocks. */
const written = (key: Buffer): Promise<number> => rpc.nonce(accountOf(key), 'latest');
const GAS_WRITTEN = 21_000n + 16n * BigInt(PAYLOAD.length);
const gasOf = (transactions: number): bigint => BigInt(transactions) * GAS_WRITTEN;

describe('The fees of blocks', () => {
  it('go back to an admitted account, which writes more than its ration could pay for, also after a signer was killed', async () => {
    const ration = await rationOf(rpc, RATION_SECONDS);
    expect(await rpc.balance(accountOf(goesKey))).toBe(ration);
    await writeUntil(goesKey, async () => gasOf(await written(goesKey)) > ration);
    await nodes[2]!.stop('SIGKILL');
    await nodes[2]!.start();
    await writeUntil(goesKey, async () => gasOf(await written(goesKey)) > 3n * ration);
    await until('all but what is not worth a payment to be back', async () => {
      const missing = ration - (await rpc.balance(accountOf(goesKey)));
      return missing < 3n * BigInt(BLOCK_GAS) + ration / 3n;
    });
  });

  it('do not go back to one that was dismissed: it has written its ration, then 0 bytes, while others write on', async () => {
    await consortium.dismissSite(siteId);
    const atDismissal = await written(goesKey);
    const left = await rpc.balance(accountOf(goesKey));
    await writeUntil(goesKey, async () => (await rpc.balance(accountOf(goesKey))) < GAS_WRITTEN);
    // What signers had on their way when it was dismissed is a part of a ration.
    expect(gasOf((await written(goesKey)) - atDismissal)).toBeLessThan(left + BigInt(RATION_SECONDS * BLOCK_GAS));

    const end = await written(goesKey);
    const othersBefore = await written(staysKey);
    const from = await rpc.blockNumber();
    await Promise.all([
      writeUntil(goesKey, async () => (await rpc.blockNumber()) > from + 10n),
      writeUntil(staysKey, async () => (await rpc.blockNumber()) > from + 10n),
    ]);
    expect(await written(goesKey)).toBe(end);
    expect(await written(staysKey)).toBeGreaterThan(othersBefore);
  });

  it('leave no account with more than it needs: signers start with nothing, and all that there is was given to governors', async () => {
    const { genesis } = await readJoinFile(joinFileIn(nodes[0]!.folder));
    const { alloc } = genesis as { alloc: Record<Hex, { balance: Hex }> };
    expect(Object.keys(alloc)).toEqual([governorKey, otherKey].map(accountOf));
    for (const { balance } of Object.values(alloc)) expect(BigInt(balance)).toBe(BigInt(100 * 3_600 * BLOCK_GAS));
  });
});
