import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startGeth } from '../network/testing/geth.js';
import { silentLog } from '../base/log.js';
import { connectNodes } from './nodes/connect-nodes.js';
import { openHttpProvider, type HttpProvider } from './rpc/http-provider.js';
import {
  newImage,
  openBed,
  readWhole,
  sealedBodies,
  startStore,
  untilPending,
  type Bed,
  type BedChain,
} from './testing/ledger-bed.js';
import { describeLedger } from './testing/ledger-suite.js';
import type { Hex } from './ethereum/hex.js';
import type { Ledger } from './ledger.js';
import type { Nodes } from './nodes/node.js';
import { openNodes } from './nodes/open-nodes.js';
import { createRpc } from './rpc/rpc.js';
import { startStrictNode, type StrictNode } from './testing/strict-node.js';
import { openWsProvider } from './rpc/ws-provider.js';
import { gethUnderTest } from '../network/testing/build-geth.js';

const binary = gethUnderTest();

let strict: StrictNode;
let connections: HttpProvider[] = [];

/** A geth behind the strict node. The tests' own questions go to the geth, those of the ledgers to the strict node. */
async function start(folder: string, funded: Hex[]): Promise<BedChain> {
  const geth = await startGeth({ binary, folder, funded });
  const provider = openHttpProvider({ url: geth.url });
  strict = await startStrictNode(provider);
  return {
    provider,
    close: async () => {
      await Promise.all(connections.map((one) => one.close()));
      connections = [];
      await strict.close();
      await provider.close();
      await geth.stop();
    },
  };
}

const timeouts = { smallMs: 5_000, bulkMs: 15_000 };
function nodesAt(provider: HttpProvider): Nodes {
  connections.push(provider);
  return openNodes({ providers: [{ name: 'strict', provider }], timeouts, log: silentLog });
}

describeLedger('Ledger on a node that gives no more than every chain does', start, {
  // Opened for each ledger, once the node is there.
  get nodes() {
    return nodesAt(openHttpProvider({ url: strict.httpUrl }));
  },
});

describe('A ledger of that node', () => {
  it('has asked it for nothing else', () => expect(strict.refused).toEqual([]));
});

describe('Ledger on such a node over WebSocket', () => {
  let bed: Bed;
  let ledger: Ledger;
  beforeAll(async () => {
    bed = await openBed(start);
    // Woken by what is pushed alone, or once a second.
    ledger = await bed.open({ nodes: nodesAt(openWsProvider({ url: strict.wsUrl })), pollMs: 600_000 });
  });
  afterAll(() => bed.close());

  it('stores an image of 3 MB and reads it back bit by bit', async () => {
    const image = newImage(3_000_000);
    await ledger.store(image);
    const { announced, instance } = await sealedBodies(ledger, image.imageId);
    expect(await ledger.readBody(announced.preview)).toEqual(image.preview);
    expect((await readWhole(ledger, instance)).equals(await image.instance.read(0, 3_000_000))).toBe(true);
    expect(strict.refused).toEqual([]);
  });

  it('goes on when its WebSocket is cut in the middle', async () => {
    const nodes = await connectNodes({
      urls: [strict.wsUrl, strict.httpUrl.replace('127.0.0.1', 'localhost')],
      log: silentLog,
    });
    const other = await bed.open({ nodes, privateKey: bed.keys.otherSite });
    const image = newImage(1_000_000);
    const stored = startStore(other, image);
    await untilPending(other);
    strict.cutSockets();
    await stored;
    expect(await bed.image(image.imageId)).toMatchObject({ state: 'sealed' });
    await other.close();
    await nodes.close();
  });
});

describe('startStrictNode', () => {
  let bed: Bed;
  let provider: HttpProvider;
  beforeAll(async () => {
    bed = await openBed(start);
    provider = openHttpProvider({ url: strict.httpUrl });
  });
  afterAll(async () => {
    await provider.close();
    await bed.close();
  });

  it('knows no other method and nothing that is pending, and counts who asks', async () => {
    for (const [method, params] of [
      ['eth_accounts', []],
      ['txpool_status', []],
      ['eth_getTransactionCount', [bed.contract, 'pending']],
    ] as const)
      await expect(provider.request({ method, params })).rejects.toMatchObject({ code: -32_601 });
    expect(strict.refused).toEqual(['eth_accounts', 'txpool_status', 'eth_getTransactionCount pending']);
  });

  it('does not find a block just after its head', async () => {
    const rpc = createRpc(provider);
    const first = await rpc.blockNumber();
    let number = first;
    while (number === first) number = await rpc.blockNumber();
    await expect(rpc.block(number)).rejects.toMatchObject({ message: 'tx not found' });
    const block = await nodesAt(openHttpProvider({ url: strict.httpUrl })).rpc.block(number);
    expect(block!.number).toBe(number);
    expect(block!.timestamp % 2n).toBe(0n);
  });
});
